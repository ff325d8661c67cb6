/** Which suggestions of a model are still open, and what was said of the others. Pure. */
import { boundsOf, pointInBox, pointInPolygon, sameGeometry } from "./geometry.js";
import { find, tagOf } from "./shapes.js";

/** From this overlap on, a shape of the same concept says what the suggestion says. */
export const SAME = 0.7;
const GRID = 32; // samples along each side where an outline is no box

const areaOfBox = (box) => Math.max(0, box.bottom - box.top) * Math.max(0, box.right - box.left);
const isInside = (point, shape) => (shape.box ? pointInBox(point, shape.box) : pointInPolygon(point, shape.points));

function shared(a, b) {
  return { top: Math.max(a.top, b.top), left: Math.max(a.left, b.left), bottom: Math.min(a.bottom, b.bottom), right: Math.min(a.right, b.right) };
}

/** Intersection over union of two outlines, 0 to 1: exact for boxes, by samples for polygons. */
export function overlap(a, b) {
  const [one, other] = [boundsOf(a), boundsOf(b)];
  if (!one || !other) return 0;
  const common = areaOfBox(shared(one, other));
  if (!common) return 0;
  if (a.box && b.box) return common / (areaOfBox(one) + areaOfBox(other) - common);
  const [top, left] = [Math.min(one.top, other.top), Math.min(one.left, other.left)];
  const rows = (Math.max(one.bottom, other.bottom) - top) / GRID;
  const columns = (Math.max(one.right, other.right) - left) / GRID;
  let both = 0;
  let either = 0;
  for (let at = 0; at < GRID * GRID; at += 1) {
    const point = [top + (Math.floor(at / GRID) + 0.5) * rows, left + ((at % GRID) + 0.5) * columns];
    const hits = isInside(point, a) + isInside(point, b);
    if (hits === 2) both += 1;
    if (hits) either += 1;
  }
  return either ? both / either : 0;
}

/** True where the shapes say already what the suggestion says. */
export function isSaid(ghost, shapes) {
  if (find(shapes, ghost.id)) return true;
  if (ghost.kind === "tag") return tagOf(shapes, ghost.concept) !== null;
  return shapes.some((shape) => shape.concept === ghost.concept && overlap(ghost, shape) >= SAME);
}

/** The shape that says another class of what the suggestion shows, or null: to accept it is to rename that shape. */
export function contradicted(ghost, shapes) {
  const wrong = (shape) => shape.concept !== ghost.concept && shape.kind === ghost.kind && !shape.locked && overlap(ghost, shape) >= SAME;
  return ghost.kind === "tag" ? null : shapes.find(wrong) || null;
}

/**
 * Suggestions that wait for a word, from a value on, in the order of the answer (surest first). `judged`: a Map of a
 * suggestion's id to null where it was refused, or to the id of the shape that was renamed after it.
 */
export function openOnes(ghosts, shapes, judged, from) {
  return ghosts.filter((ghost) => ghost.value >= from && judged.get(ghost.id) !== null && !isSaid(ghost, shapes));
}

/** The shape that an accepted suggestion becomes: like a drawn one, under the suggestion's id. */
export function fieldsOf({ id, kind, concept, box, points }) {
  return { id, kind, concept, value: 1, box, points };
}

/**
 * "accepted", "edited" or "refused"; null where nothing was said. `sent` are the shapes or changes of an answer. Where a
 * shape was renamed, and still is, the person's outline stands with the model's concept: edited.
 */
export function verdictOf(ghost, sent, judged) {
  const shape = find(sent, ghost.id);
  if (!shape) {
    const renamed = judged.get(ghost.id);
    if (!renamed) return renamed === null ? "refused" : null;
    return find(sent, renamed)?.concept === ghost.concept ? "edited" : null;
  }
  const untouched = shape.concept === ghost.concept && shape.value === 1 && sameGeometry(shape, ghost);
  return untouched ? "accepted" : "edited";
}

/** A value as a person reads it: two digits, rounded down, so that nothing looks surer than it is. */
export function worth(value) {
  return (Math.floor(value * 100 + 1e-9) / 100).toFixed(2);
}
