/** What a card of the grid shows of an item: the picture with its shapes, and what is said of the whole image. */
import { el, icon, svg } from "./dom.js";
import { boundsOf, pathOf } from "./geometry.js";
import { outline } from "./render.js";
import { readShapes } from "./shapes.js";

/** `large`: the picture at full size instead of the thumbnail. */
export function picture(body, conceptOf, large) {
  const { width, height, thumb, url } = body.item.image;
  const [w, h] = [width || 640, height || 480];
  const image = el("img", { src: large ? url : thumb, alt: "", width: w, height: h, loading: "lazy", decoding: "async", draggable: "false" });
  image.addEventListener("error", () => {
    image.closest(".wb-card").classList.add("is-broken");
  }, { once: true });
  const shapes = readShapes(body.annotations).filter(boundsOf).map((shape) => svg("g", { data: { color: conceptOf(shape.concept).color }, class: "wb-shape" },
    ...outline(pathOf(shape, w, h))));
  // The whole picture, never a part of it: what is missing is often at the edge.
  const frame = el("span", { class: "wb-card-picture" }, image,
    svg("svg", { class: "wb-svg", viewBox: `0 0 ${w} ${h}`, preserveAspectRatio: "xMidYMid meet", "aria-hidden": "true" }, ...shapes));
  frame.style.aspectRatio = Math.min(2, Math.max(0.75, w / h));
  return frame;
}

export function answers(body, conceptOf) {
  const tags = body.annotations.filter((one) => one.kind === "tag");
  return el("span", { class: "wb-card-tags" }, ...tags.map((tag) => el("span", { data: { color: conceptOf(tag.concept).color } },
    el("i", { class: "wb-swatch" }), icon(tag.value ? "check" : "cross"), conceptOf(tag.concept).name)));
}
