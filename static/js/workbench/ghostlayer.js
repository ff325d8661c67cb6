/** Draws suggestions over the picture: hollow dashed outlines in the concept's colour, each with its name and value. */
import { HANDLES, boundsOf, handlePoint, pathOf } from "./geometry.js";
import { el, role, svg } from "./dom.js";
import { outline } from "./render.js";
import { worth } from "./ghostrules.js";

/** Places by which a suggestion's outline can be taken hold of, as [row, column]. */
export function gripsOf(ghost) {
  if (ghost.box) return Object.keys(HANDLES).map((name) => handlePoint(ghost.box, name));
  return ghost.points || [];
}

/** Makes `nodes` the children of `parent`; only what differs is moved, so that the rest keeps its layout and its focus. */
export function place(parent, nodes) {
  const kept = new Set(nodes);
  for (const child of [...parent.children]) if (!kept.has(child)) child.remove();
  nodes.forEach((node, at) => {
    if (parent.children[at] !== node) parent.insertBefore(node, parent.children[at] || null);
  });
}

export function createGhostLayer({ conceptOf }) {
  const canvas = svg("svg", { class: "wb-svg wb-ghosts", preserveAspectRatio: "none", "aria-hidden": "true" });
  const tags = el("div", { class: "wb-tags", "aria-hidden": "true" });
  const grips = el("div", { class: "wb-handles", "aria-hidden": "true" });
  const parts = [canvas, tags, grips];
  role("world").append(...parts);
  let drawn = new Map(); // id of a suggestion -> {shape, tag}
  let drawnAt = "";

  function nodes(ghost, { width, height }) {
    const { color, name } = conceptOf(ghost.concept);
    const at = boundsOf(ghost);
    const tag = el("span", { class: "wb-tag wb-ghost-tag", data: { color }, text: `${name} ${worth(ghost.value)}` });
    tag.classList.toggle("is-inside", at.bottom > 0.965);
    tag.style.left = `${at.left * 100}%`;
    tag.style.top = `${at.bottom * 100}%`;
    return { tag, shape: svg("g", { class: "wb-ghost", data: { color, id: ghost.id } }, ...outline(pathOf(ghost, width, height))) };
  }

  function mark({ shape, tag }, isCurrent) {
    shape.classList.toggle("is-current", isCurrent);
    tag.classList.toggle("is-current", isCurrent);
    tag.classList.toggle("is-selected", isCurrent); // its name stays where names are hidden
  }

  function grip([row, column]) {
    const node = el("span", { class: "wb-handle wb-ghost-grip" });
    node.style.top = `${row * 100}%`;
    node.style.left = `${column * 100}%`;
    return node;
  }

  function show(isShown) {
    for (const part of parts) part.toggleAttribute("hidden", !isShown);
  }

  return {
    /** At once, and at no cost; `draw` shows again. */
    hide: () => show(false),

    /** `open`: suggestions to show; `current`: id of the one in hand, or null; `size`: the picture's pixels. */
    draw(open, current, size) {
      const box = `0 0 ${size.width} ${size.height}`;
      if (box !== drawnAt) drawn = new Map();
      drawnAt = box;
      drawn = new Map(open.filter(boundsOf).map((ghost) => [ghost.id, drawn.get(ghost.id) || nodes(ghost, size)]));
      for (const [id, one] of drawn) mark(one, id === current);
      const inHand = open.find((ghost) => ghost.id === current);
      canvas.setAttribute("viewBox", box);
      place(canvas, [...drawn.values()].map(({ shape }) => shape));
      place(tags, [...drawn.values()].map(({ tag }) => tag));
      grips.replaceChildren(...(inHand ? gripsOf(inHand).map(grip) : []));
      show(true);
    },
  };
}
