/** What stands beside the canvas: the strip of next items, the input, its shapes as a list that mirrors the canvas, its past. */
import { DELIVERY, afterPaint, el, icon, role, stateBadge } from "./dom.js";
import { changedFirst, find, isDrawn, marks, readBefore, readShapes, remove, setTag, tagOf } from "./shapes.js";

const MARKS = { added: ["plus", "added"], changed: ["edit", "changed"], deleted: ["minus", "deleted"] };

function markBadge(word, short = false) {
  return el("span", { class: "wb-mark", title: MARKS[word][1], data: { mark: word } }, icon(MARKS[word][0]),
    el("span", { class: short ? "wb-only-reader" : "", text: MARKS[word][1] }));
}

export function createPanel({ stage, concepts, type, reasons, whole = true }) {
  const { store, conceptOf } = stage;
  const legend = role("concepts");
  const list = role("shapes");
  const tagList = role("tags");
  let since = new Map();
  let earlier = [];
  let shown = { value: null, opened: null };
  let due = false;

  const reasonWords = (ids) => ids.map((id) => reasons.find((one) => one.id === id)?.label || id).join(", ");

  const legendButtons = concepts.map((concept, index) => el("button", {
    type: "button", class: "wb-concept", data: { concept: concept.id, color: concept.color }, click: () => stage.useConcept(concept.id),
  }, el("kbd", { text: index < 9 ? index + 1 : "" }), el("i", { class: "wb-swatch" }), el("span", { text: concept.name }), el("b", { class: "wb-count" })));
  legend.replaceChildren(...legendButtons);

  function drawLegend(state) {
    const active = find(state.shapes, state.selected)?.concept ?? state.concept;
    for (const button of legendButtons) {
      const count = state.shapes.filter((shape) => shape.concept === button.dataset.concept && isDrawn(shape)).length;
      button.querySelector(".wb-count").textContent = count || "";
      button.setAttribute("aria-pressed", String(type !== "classes" && button.dataset.concept === active));
    }
  }

  function line(shape, number, edited) {
    const concept = conceptOf(shape.concept);
    const mark = edited.get(shape.id);
    const gone = mark === "deleted";
    const changed = mark || since.get(shape.id);
    const old = find(store.state.opened, shape.id);
    const was = [mark ? old : null, find(earlier, shape.id)].find((one) => one && one.concept !== shape.concept);
    const words = [concept.name, shape.kind, changed ? (mark ? changed : `${changed} since`) : "", was ? `was ${conceptOf(was.concept).name}` : "", shape.locked ? "locked" : ""].filter(Boolean).join(", ");
    const key = concept.index >= 0 && concept.index < 9 ? concept.index + 1 : "";
    const pick = el("button", {
      type: "button", class: "wb-pick", "aria-label": `${number ? `${number}. ` : ""}${words}`, disabled: gone,
      click: () => { store.set({ selected: shape.id }); },
      pointerenter: () => store.set({ hover: shape.id }), pointerleave: () => store.set({ hover: null }),
    }, el("kbd", { text: key }), el("i", { class: "wb-swatch" }), el("span", { class: "wb-pick-name", text: concept.name }),
    el("small", { text: shape.locked ? "locked" : was ? `was ${conceptOf(was.concept).name}` : shape.kind }));
    if (changed) pick.append(markBadge(changed, Boolean(was)));
    const button = gone
      ? el("button", { type: "button", class: "wb-line-button", "aria-label": `Restore ${concept.name}`, title: "Restore", click: () => restore(shape) }, icon("undo"))
      : el("button", { type: "button", class: "wb-line-button", "aria-label": `Delete ${concept.name} ${number}`, title: "Delete", click: () => drop(shape) }, icon("trash"));
    if (store.state.readonly || shape.locked) button.hidden = true;
    return el("li", { class: "wb-row", data: { id: shape.id, color: concept.color, since: since.get(shape.id) || "", gone: gone || "" } }, pick, button);
  }

  function drop(shape) {
    store.edit(remove(store.state.shapes, shape.id), "delete", "", null);
  }

  function restore(shape) {
    store.edit([...store.state.shapes, shape], "restore", "", shape.id);
  }

  function drawList(state) {
    const edited = store.edited;
    const focused = list.contains(document.activeElement) ? document.activeElement.closest("[data-id]")?.dataset.id : null;
    const drawn = state.shapes.filter(isDrawn);
    const lines = changedFirst(drawn, since).map((shape, index) => line(shape, index + 1, edited));
    for (const old of state.opened) if (isDrawn(old) && edited.get(old.id) === "deleted") lines.push(line(old, 0, edited));
    list.replaceChildren(...lines);
    role("shape-count").textContent = drawn.length;
    role("no-shapes").hidden = lines.length > 0;
    list.parentElement.hidden = type === "classes" && !lines.length;
    if (focused) list.querySelector(`[data-id="${CSS.escape(focused)}"] button`)?.focus();
    else if (!document.activeElement || document.activeElement === document.body) stage.surface.focus({ preventScroll: true });
  }

  function drawSelected(state) {
    for (const row of list.children) {
      const on = row.dataset.id === state.selected;
      row.classList.toggle("is-selected", on);
      row.classList.toggle("is-hover", row.dataset.id === state.hover);
      row.firstElementChild.setAttribute("aria-current", String(on));
      // Scrolls the list alone: scrollIntoView would also move the page where it scrolls.
      if (on && (row.offsetTop < list.scrollTop || row.offsetTop + row.offsetHeight > list.scrollTop + list.clientHeight)) {
        list.scrollTop = row.offsetTop - list.clientHeight / 2;
      }
    }
  }

  function toggle(concept, value, words) {
    const now = tagOf(store.state.shapes, concept.id);
    const on = now?.value === value && now !== null;
    return el("button", {
      type: "button", class: "wb-answer", "aria-pressed": String(on), "aria-label": `${concept.name}: ${words}`, title: words,
      disabled: Boolean(store.state.readonly), data: { value },
      click: () => {
        store.edit(setTag(store.state.shapes, concept.id, on ? null : value, store.state.opened), `answer ${concept.name}`);
        tagList.querySelector(`[data-id="${CSS.escape(concept.id)}"] [data-value="${value}"]`)?.focus();
      },
    }, icon(value ? "check" : "cross"));
  }

  function drawTags(state) {
    const edited = store.edited;
    const known = concepts.filter((concept) => type === "classes" || tagOf(state.shapes, concept.id) || tagOf(state.opened, concept.id));
    const rest = concepts.filter((concept) => !known.includes(concept));
    const row = (concept) => {
      const tag = tagOf(state.shapes, concept.id) || tagOf(state.opened, concept.id);
      const word = tag && (edited.get(tag.id) || since.get(tag.id));
      return el("li", { class: "wb-tag-row", data: { id: concept.id, color: concept.color } },
        el("i", { class: "wb-swatch" }), el("span", { text: concept.name }), word ? markBadge(word) : null,
        el("span", { class: "wb-answers", role: "group", "aria-label": concept.name }, toggle(concept, 1, "yes"), toggle(concept, 0, "no")));
    };
    const open = tagList.querySelector("details")?.open;
    tagList.replaceChildren(...known.map(row));
    if (rest.length && !state.readonly) {
      tagList.append(el("li", {}, el("details", { open }, el("summary", { text: known.length ? "More concepts" : "Say what the whole image shows" }), el("ul", {}, ...rest.map(row)))));
    }
    role("tags-section").hidden = !whole || (!known.length && state.readonly);
  }

  store.watch((state, previous) => {
    const { value } = store.history;
    const body = value !== shown.value || state.opened !== shown.opened || state.readonly !== previous.readonly;
    if (body) {
      shown = { value, opened: state.opened };
      // Another item: the picture first, the lists a frame later.
      due = state.item !== previous.item && previous.item !== null;
      if (due) afterPaint(drawDue);
      else drawAll();
      return;
    }
    if (due) return;
    if (state.selected !== previous.selected || state.concept !== previous.concept) drawLegend(state);
    if (state.selected !== previous.selected || state.hover !== previous.hover) drawSelected(state);
  });

  function drawAll() {
    const { state } = store;
    drawList(state);
    drawTags(state);
    drawLegend(state);
    drawSelected(state);
  }

  function drawDue() {
    if (!due) return;
    due = false;
    drawAll();
  }

  function historyLine(one) {
    const words = { approve: "approved", request_changes: "asked for changes", reject: "rejected", submit: "submitted", skip: "skipped" };
    return el("li", {},
      el("p", {}, el("b", { text: one.who }), ` ${words[one.verdict] || one.verdict}`, one.changes ? `, ${one.changes} ${one.changes === 1 ? "change" : "changes"}` : ""),
      one.reasons?.length || one.note ? el("p", { class: "wb-why-line", text: [reasonWords(one.reasons || []), one.note].filter(Boolean).join(": ") }) : null,
      el("p", { class: "wb-when" }, el("time", { datetime: one.at, text: when(one.at) }), one.delivery ? ` · ${DELIVERY[one.delivery]?.word || one.delivery}` : ""));
  }

  return {
    reasonWords,

    /** Which shapes differ from the last "ask for changes"; call before the stage opens the item. */
    compare(body) {
      earlier = body.returned ? readBefore(body.before) : [];
      since = earlier.length ? marks(earlier, readShapes(body.annotations)) : new Map();
      return since;
    },

    /** `decided`: the state that it got on this page, which the body does not know. */
    show(body, banner, decided) {
      const { item } = body;
      role("item-name").textContent = item.name;
      role("item-by").replaceChildren(
        el("span", { text: [item.labeler && `by ${item.labeler.name}`, item.age].filter(Boolean).join(" · ") }),
        stateBadge(decided || item.state));
      role("banner").replaceChildren(...(banner ? [banner] : []));
      role("banner").hidden = !banner;
      role("history").replaceChildren(...body.history.map(historyLine));
      role("history-section").hidden = !body.history.length;
    },
  };
}

/** A time as a person says it, in the browser's own language; the exact one stands in the attribute. */
export function when(text) {
  const at = new Date(text);
  if (Number.isNaN(at.getTime())) return text || "";
  return at.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}

/** The strip of items: a few before, and what comes next. `open(index)` is called by a click. */
export function createFilm({ queue, open, shown = 24 }) {
  const strip = role("film");
  const frames = new Map();
  let pictures = false;
  let due = false;

  function frame(item) {
    const image = el("img", { class: "wb-frame-image", alt: "", width: 76, height: 57, decoding: "async" });
    const badge = el("span", { class: "wb-frame-state" });
    const node = el("button", { type: "button", class: "wb-frame", click: () => open(queue.items.findIndex((one) => one.id === item.id)) },
      image, badge, el("span", { class: "wb-frame-name", text: item.name }));
    return { node, image, badge, state: "" };
  }

  /** Once per frame at most, and after the picture. */
  function draw() {
    if (due) return;
    due = true;
    afterPaint(() => {
      due = false;
      drawNow();
    });
  }

  function drawNow() {
    const from = Math.max(0, queue.index - 2);
    const visible = queue.items.slice(from, from + shown);
    const ids = new Set(visible.map((item) => item.id));
    for (const [id, { node }] of frames) {
      if (ids.has(id)) continue;
      node.remove();
      frames.delete(id);
    }
    // Only what differs moves: a thumbnail that is taken out and put back is decoded again.
    visible.forEach((item, at) => {
      if (!frames.has(item.id)) frames.set(item.id, frame(item));
      const one = frames.get(item.id);
      if (pictures && item.thumb && !one.image.hasAttribute("src")) one.image.src = item.thumb;
      if (one.state !== item.state) {
        one.state = item.state;
        one.badge.replaceChildren(stateBadge(item.state));
        one.node.setAttribute("aria-label", `${item.name}, ${item.state.replaceAll("_", " ")}`);
      }
      one.node.setAttribute("aria-current", String(item === queue.current));
      if (strip.children[at] !== one.node) strip.insertBefore(one.node, strip.children[at] || null);
    });
  }

  return {
    draw,
    /** Thumbnails wait until the first image is on the page. */
    showPictures() {
      if (pictures) return;
      pictures = true;
      draw();
    },
  };
}
