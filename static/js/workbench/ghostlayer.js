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

export function createGhostLayer({ conceptOf }) {
  const canvas = svg("svg", { class: "wb-svg wb-ghosts", preserveAspectRatio: "none", "aria-hidden": "true" });
  const tags = el("div", { class: "wb-tags", "aria-hidden": "true" });
  const grips = el("div", { class: "wb-handles", "aria-hidden": "true" });
  role("world").append(canvas, tags, grips);

  function nodes(ghost, isCurrent, { width, height }) {
    const { color, name } = conceptOf(ghost.concept);
    const at = boundsOf(ghost);
    const mark = isCurrent ? " is-current" : "";
    const tag = el("span", { class: `wb-tag wb-ghost-tag${mark}`, data: { color }, text: `${name} ${worth(ghost.value)}` });
    tag.classList.toggle("is-selected", isCurrent); // its name stays where names are hidden
    tag.classList.toggle("is-inside", at.bottom > 0.965);
    tag.style.left = `${at.left * 100}%`;
    tag.style.top = `${at.bottom * 100}%`;
    return [svg("g", { class: `wb-ghost${mark}`, data: { color, id: ghost.id } }, ...outline(pathOf(ghost, width, height))), tag];
  }

  function grip([row, column]) {
    const node = el("span", { class: "wb-handle wb-ghost-grip" });
    node.style.top = `${row * 100}%`;
    node.style.left = `${column * 100}%`;
    return node;
  }

  return {
    /** `open`: suggestions to show; `current`: id of the one in hand, or null; `size`: the picture's pixels. */
    draw(open, current, size) {
      const drawn = open.filter(boundsOf).map((ghost) => nodes(ghost, ghost.id === current, size));
      const inHand = open.find((ghost) => ghost.id === current);
      canvas.setAttribute("viewBox", `0 0 ${size.width} ${size.height}`);
      canvas.replaceChildren(...drawn.map(([shape]) => shape));
      tags.replaceChildren(...drawn.map(([, tag]) => tag));
      grips.replaceChildren(...(inHand ? gripsOf(inHand).map(grip) : []));
    },
  };
}
