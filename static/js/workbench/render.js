/** Draws the store's shapes as SVG over the image, with name tags and handles as plain elements of constant size. */
import { HANDLES, boundsOf, handlePoint, pathOf, sameGeometry } from "./geometry.js";
import { el, svg } from "./dom.js";
import { find, readBefore } from "./shapes.js";

/** Lookup of a concept's name and colour number; an unknown one is drawn grey under its id. */
export function conceptBook(concepts) {
  const book = new Map(concepts.map((concept, index) => [concept.id, { ...concept, index }]));
  return (id) => book.get(id) || { id, name: id || "no concept", color: "none", index: -1 };
}

/** A shape's outline: the concept's colour over a dark halo. */
export function outline(d) {
  return [svg("path", { class: "wb-halo", d }), svg("path", { class: "wb-line", d })];
}

export function createRenderer({ world, store, conceptOf }) {
  const before = svg("g", { class: "wb-before" });
  const shapes = svg("g");
  const sketch = svg("g", { class: "wb-sketch" });
  const canvas = svg("svg", { class: "wb-svg", preserveAspectRatio: "none", "aria-hidden": "true" }, before, shapes, sketch);
  const tags = el("div", { class: "wb-tags", "aria-hidden": "true" });
  const handles = el("div", { class: "wb-handles", "aria-hidden": "true" });
  world.append(canvas, tags, handles);
  const drawn = new Map();

  function nodeOf(shape) {
    const [halo, line] = outline("");
    const tag = el("span", { class: "wb-tag" });
    const node = svg("g", { class: "wb-shape", data: { id: shape.id } }, halo, line);
    shapes.append(node);
    tags.append(tag);
    return { node, halo, line, tag, shape: null };
  }

  function drawShape(entry, shape, state, edited) {
    if (entry.shape !== shape) {
      const concept = conceptOf(shape.concept);
      const d = pathOf(shape, state.width, state.height);
      entry.halo.setAttribute("d", d);
      entry.line.setAttribute("d", d);
      entry.node.dataset.color = concept.color;
      entry.tag.dataset.color = concept.color;
      entry.tag.textContent = concept.name;
      const at = boundsOf(shape);
      entry.tag.style.left = `${at.left * 100}%`;
      entry.tag.style.top = `${at.top * 100}%`;
      entry.tag.classList.toggle("is-inside", at.top < 0.035);
      entry.shape = shape;
    }
    const selected = shape.id === state.selected;
    entry.node.classList.toggle("is-selected", selected);
    entry.node.classList.toggle("is-hover", shape.id === state.hover);
    entry.node.classList.toggle("is-edited", edited.has(shape.id));
    entry.tag.classList.toggle("is-selected", selected || shape.id === state.hover);
  }

  function drawShapes(state, previous) {
    const edited = store.edited;
    const kept = new Set();
    const resized = state.width !== previous.width || state.height !== previous.height;
    for (const shape of state.shapes) {
      if (!boundsOf(shape)) continue;
      kept.add(shape.id);
      if (!drawn.has(shape.id)) drawn.set(shape.id, nodeOf(shape));
      const entry = drawn.get(shape.id);
      if (resized || state.item !== previous.item) entry.shape = null;
      drawShape(entry, shape, state, edited);
    }
    for (const [id, entry] of drawn) {
      if (kept.has(id)) continue;
      entry.node.remove();
      entry.tag.remove();
      drawn.delete(id);
    }
  }

  /** Dashed outlines: how a shape looked when the item was opened, or when changes were last asked for. */
  function drawBefore(state) {
    const { edited } = store;
    const earlier = [...readBefore(state.before), ...state.opened.filter((shape) => edited.has(shape.id))];
    before.replaceChildren();
    for (const old of earlier) {
      if (!boundsOf(old)) continue;
      const now = find(state.shapes, old.id);
      if (now && sameGeometry(now, old) && now.concept === old.concept) continue;
      const d = pathOf(old, state.width, state.height);
      before.append(svg("g", { class: now ? "wb-was" : "wb-was is-gone", data: { color: conceptOf(old.concept).color, id: old.id } }, ...outline(d)));
    }
  }

  function mark(point, kind, name) {
    const node = el("span", { class: `wb-handle is-${kind}`, data: { handle: name } });
    node.style.top = `${point[0] * 100}%`;
    node.style.left = `${point[1] * 100}%`;
    return node;
  }

  function drawHandles(state) {
    handles.replaceChildren();
    const shape = find(state.shapes, state.selected);
    if (!shape || shape.locked || state.readonly || state.hidden) return;
    if (shape.box) {
      handles.append(...Object.keys(HANDLES).map((name) => mark(handlePoint(shape.box, name), "corner", name)));
    } else if (shape.points) {
      shape.points.forEach((point, index) => {
        const next = shape.points[(index + 1) % shape.points.length];
        handles.append(mark(point, "vertex", index),
          mark([(point[0] + next[0]) / 2, (point[1] + next[1]) / 2], "middle", index));
      });
    }
  }

  function drawSketch(state) {
    sketch.replaceChildren();
    if (!state.sketch) return;
    sketch.dataset.color = conceptOf(state.concept).color;
    const d = pathOf(state.sketch, state.width, state.height).replace(state.sketch.open ? /Z$/ : /$^/, "");
    sketch.append(...outline(d));
  }

  store.watch((state, previous) => {
    const body = state.shapes !== previous.shapes || state.item !== previous.item;
    if (body || state.width !== previous.width || state.height !== previous.height) {
      canvas.setAttribute("viewBox", `0 0 ${state.width} ${state.height}`);
    }
    if (body || state.selected !== previous.selected || state.hover !== previous.hover) drawShapes(state, previous);
    if (body || state.before !== previous.before) drawBefore(state);
    if (body || state.selected !== previous.selected || state.readonly !== previous.readonly
      || state.hidden !== previous.hidden) drawHandles(state);
    if (state.sketch !== previous.sketch || state.concept !== previous.concept) drawSketch(state);
    world.classList.toggle("is-hidden", state.hidden);
    world.classList.toggle("is-nameless", !state.names);
  });
}
