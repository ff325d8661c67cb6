/** Sheets that ask (reasons, confirmation) and notices that tell. Native dialogs: Esc leaves, focus comes back by itself. */
import { el, icon, role } from "./dom.js";

/** A form in the sheet. `closed` resolves to what `accept` gave, or to null; where it gives nothing the sheet stays. */
function ask({ title, confirm, cancel = "Cancel" }, content, accept) {
  const sheet = document.getElementById("wb-sheet");
  const yes = el("button", { type: "submit", class: "wb-button is-primary" }, el("span", { text: confirm }), el("kbd", { text: "Enter" }));
  const no = el("button", { type: "button", class: "wb-button", text: cancel, click: () => sheet.close() });
  let answer = null;
  const form = el("form", {
    method: "dialog", class: "wb-sheet-form",
    submit: (event) => {
      event.preventDefault();
      answer = accept();
      if (answer) sheet.close();
    },
  }, el("h2", { id: "wb-sheet-title", text: title }), ...content, el("div", { class: "wb-sheet-foot" }, no, yes));
  sheet.replaceChildren(form);
  const closed = new Promise((resolve) => {
    sheet.addEventListener("close", function done() {
      if (sheet.open && form.isConnected) return; // news of the sheet before this one
      sheet.removeEventListener("close", done);
      resolve(answer);
    });
  });
  sheet.showModal();
  return { form, yes, no, closed };
}

/**
 * Asks for numbered reasons. Keys 1-9 choose, Enter confirms, Esc leaves (null).
 * `preset`: reasons chosen at first; the first number pressed replaces them. `single`: one reason only.
 * Resolves to {reasons, note} or null.
 */
export function askReasons({ reasons, preset = [], single = false, hint = "", noteLabel = "Note", ...words }) {
  let chosen = new Set(preset);
  let pristine = true;
  const note = el("textarea", { id: "wb-note", rows: 2, maxlength: 2000 });
  const problem = el("p", { class: "wb-problem", role: "alert" });
  const buttons = reasons.map((reason, index) => el("button", {
    type: "button", class: "wb-reason", data: { reason: reason.id },
    click: () => choose(reason.id),
  }, el("kbd", { text: index + 1 }), el("span", { text: reason.label }), icon("check")));

  function show() {
    for (const button of buttons) button.setAttribute("aria-pressed", String(chosen.has(button.dataset.reason)));
  }

  function choose(id) {
    if (single || pristine) chosen = new Set([id]);
    else if (chosen.has(id)) chosen.delete(id);
    else chosen.add(id);
    pristine = false;
    problem.textContent = "";
    show();
  }

  const { form, no, closed } = ask(words, [
    hint && el("p", { class: "wb-hint", text: hint }),
    el("div", { class: "wb-reasons", role: "group", "aria-label": "Reasons" }, ...buttons),
    el("label", { class: "wb-label", for: "wb-note", text: noteLabel }), note, problem,
  ], () => {
    if (chosen.size) return { reasons: reasons.map((one) => one.id).filter((id) => chosen.has(id)), note: note.value.trim() };
    problem.textContent = reasons.length ? `Choose a reason first: keys 1 to ${reasons.length}.` : "";
    return null;
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.target !== no) {
      event.preventDefault();
      form.requestSubmit();
    } else if (/^[1-9]$/.test(event.key) && event.target !== note && reasons[event.key - 1]) {
      event.preventDefault();
      choose(reasons[event.key - 1].id);
    }
  });
  show();
  buttons[0]?.focus();
  return closed;
}

/** Asks yes or no; `lines` stand between title and buttons. Resolves to true or null. */
export function askYes({ lines = [], ...words }) {
  const { yes, closed } = ask(words, lines.map((line) => el("p", { text: line })), () => true);
  yes.focus();
  return closed;
}

/**
 * Tells what happened, what was kept and what to do. `id` makes a second notice replace the first; `actions` are
 * [words, function] and close the notice unless the function returns false. Returns a function that closes it.
 */
export function notice({ id, tone = "info", text, actions = [] }) {
  const place = role("notices");
  place.querySelector(`[data-notice="${CSS.escape(id)}"]`)?.remove();
  const node = el("div", { class: "wb-notice", role: tone === "bad" ? "alert" : "status", data: { notice: id, tone } });
  const close = () => {
    const focused = node.contains(document.activeElement);
    node.remove();
    if (focused) role("stage")?.focus({ preventScroll: true }); // else the keyboard would start at the top of the page
  };
  node.append(icon(tone === "bad" ? "warning" : "info"), el("p", { text }),
    el("div", { class: "wb-notice-actions" },
      ...actions.map(([words, run]) => el("button", {
        type: "button", class: "wb-button is-small", text: words, click: () => { if (run() !== false) close(); },
      })),
      el("button", { type: "button", class: "wb-button is-quiet is-small", "aria-label": "Close this notice", click: close }, icon("cross"))));
  place.append(node);
  return close;
}

export function closeNotice(id) {
  role("notices").querySelector(`[data-notice="${CSS.escape(id)}"]`)?.remove();
}
