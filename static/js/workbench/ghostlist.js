/** The suggestions as a list beside the picture, with what can be done with each, and how many are left. */
import { action as control, el, icon, onClick, role } from "./dom.js";
import { place } from "./ghostlayer.js";
import { worth } from "./ghostrules.js";

/** `act`: {accept, edit, refuse, choose}(ghost), acceptAll(), toggle(), threshold(value), again(). */
export function createGhostList({ assist, stage, act }) {
  const list = role("ghosts");
  const status = role("ghost-status");
  const note = role("ghost-note");
  const range = role("ghost-from");
  let rows = new Map(); // id of a suggestion -> its line
  Object.assign(range, { min: assist.min, max: assist.max, step: 0.01 });
  range.value = assist.min;
  range.addEventListener("input", () => act.threshold(Number(range.value)));
  onClick("ghosts-accept", act.acceptAll);
  onClick("ghosts-toggle", act.toggle);

  function button(word, drawing, name, run, isOff = false) {
    if (isOff) return null;
    return el("button", { type: "button", class: "wb-line-button", "aria-label": `${word} ${name}`, title: word, data: { does: word.toLowerCase() }, click: run }, icon(drawing));
  }

  function row(ghost) {
    const { name, color } = stage.conceptOf(ghost.concept);
    const kind = ghost.kind === "tag" ? "whole image" : ghost.kind;
    const full = `${name} ${worth(ghost.value)}`;
    const pick = el("button", {
      type: "button", class: "wb-pick", "aria-label": `Suggestion: ${full}, ${kind}`, data: { does: "choose" }, click: () => act.choose(ghost),
    }, el("i", { class: "wb-swatch wb-ghost-swatch" }), el("span", { class: "wb-pick-name", text: name }), el("b", { class: "wb-count", text: worth(ghost.value) }), el("small", { text: kind }));
    return el("li", { class: "wb-row", data: { id: ghost.id, color } }, pick,
      button("Accept", "check", full, () => act.accept(ghost)),
      button("Edit", "edit", full, () => act.edit(ghost), ghost.kind === "tag"),
      button("Refuse", "cross", full, () => act.refuse(ghost)));
  }

  /** The keyboard stays where it was: on the same button of the row that moved up, else on the picture. */
  function refocus(does, at) {
    const next = list.children[Math.min(at, list.children.length - 1)];
    (next?.querySelector(`[data-does="${does}"]`) || next?.firstElementChild || stage.surface).focus({ preventScroll: true });
  }

  function drawRows(open) {
    const held = list.contains(document.activeElement) ? document.activeElement : null;
    const at = held ? [...list.children].indexOf(held.closest("li")) : -1;
    rows = new Map(open.map((ghost) => [ghost.id, rows.get(ghost.id) || row(ghost)]));
    place(list, [...rows.values()]);
    if (held && !list.contains(held)) refocus(held.dataset.does, at);
  }

  function mark(current) {
    for (const line of list.children) {
      const on = line.dataset.id === current;
      line.classList.toggle("is-selected", on);
      line.firstElementChild.setAttribute("aria-current", String(on));
      if (on && (line.offsetTop < list.scrollTop || line.offsetTop + line.offsetHeight > list.scrollTop + list.clientHeight)) {
        list.scrollTop = line.offsetTop - list.clientHeight / 2;
      }
    }
  }

  let shown = null;
  return {
    /** `open`: suggestions to show, `current`: id of the one in hand; `words`: how many; `why`: a sentence, or "". */
    draw({ open, current, hidden, from, words, why, failed }) {
      if (shown !== open) drawRows(open);
      shown = open;
      mark(current);
      if (status.textContent !== words) status.textContent = words;
      role("ghost-value").textContent = worth(from);
      control("ghosts-toggle").setAttribute("aria-pressed", String(hidden));
      control("ghosts-accept").setAttribute("aria-disabled", String(!open.length));
      control("ghosts-accept").title = open.length ? "" : "No suggestion is shown.";
      note.replaceChildren(why, ...(failed ? [el("button", { type: "button", class: "wb-button is-small", text: "Try again", click: act.again })] : []));
      note.hidden = !why;
    },
  };
}
