/**
 * The annotations of one input as immutable lists, and what differs between two of them.
 *
 * A shape is {id, kind: "box"|"polygon"|"tag"|"other", concept, value, box, points, author, locked, base};
 * every operation returns a new list and leaves the old one alone.
 */
import { sameGeometry } from "./geometry.js";

/** A random id (RFC 9562, version 4), also where the page is served without TLS. */
export function newId() {
  if (globalThis.crypto.randomUUID) return globalThis.crypto.randomUUID();
  const bytes = globalThis.crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** Annotations as the window sends them -> shapes with every field present. */
export function readShapes(annotations) {
  return annotations.map((one) => Object.freeze({
    id: one.id, kind: one.kind, concept: one.concept ?? null, value: one.value ?? 1,
    box: one.box ?? null, points: one.points ?? null,
    author: one.author ?? null, locked: Boolean(one.locked), base: one.base ?? null,
  }));
}

export function find(shapes, id) {
  return shapes.find((shape) => shape.id === id) || null;
}

export function isDrawn(shape) {
  return Boolean(shape.box || shape.points);
}

export function add(shapes, fields) {
  const shape = Object.freeze({
    id: newId(), kind: "box", concept: null, value: 1, box: null, points: null,
    author: null, locked: false, base: null, ...fields,
  });
  return [[...shapes, shape], shape.id];
}

/** The list with fields of one shape replaced; a locked shape stays as it is. */
export function change(shapes, id, fields) {
  return shapes.map((shape) => (shape.id === id && !shape.locked ? Object.freeze({ ...shape, ...fields }) : shape));
}

export function remove(shapes, id) {
  return shapes.filter((shape) => shape.id !== id || shape.locked);
}

/** The image-level annotation of a concept, or null. */
export function tagOf(shapes, concept) {
  return shapes.find((shape) => shape.kind === "tag" && shape.concept === concept) || null;
}

/**
 * Image-level concept set to 1 (present), 0 (absent) or null (not said).
 * A tag that was there when the item was opened comes back under its own id, so that it is a change and no new one.
 */
export function setTag(shapes, concept, value, opened = []) {
  const tag = tagOf(shapes, concept);
  if (value === null) return tag ? remove(shapes, tag.id) : shapes;
  if (tag) return change(shapes, tag.id, { value });
  const earlier = tagOf(opened, concept);
  if (earlier) return [...shapes, Object.freeze({ ...earlier, value })];
  return add(shapes, { kind: "tag", concept, value })[0];
}

/** none -> present -> absent -> none */
export function cycleTag(shapes, concept, opened = []) {
  const tag = tagOf(shapes, concept);
  return setTag(shapes, concept, !tag ? 1 : tag.value === 1 ? 0 : null, opened);
}

function geometryOf(shape) {
  if (shape.box) return { box: shape.box };
  return shape.points ? { points: shape.points } : {};
}

/** What turns `opened` into `shapes`, in the form that a decision carries (one entry per field that differs). */
export function changes(opened, shapes) {
  const list = [];
  const now = new Map(shapes.map((shape) => [shape.id, shape]));
  const then = new Set(opened.map((shape) => shape.id));
  for (const old of opened) {
    const shape = now.get(old.id);
    if (!shape) {
      list.push({ op: "delete", id: old.id });
      continue;
    }
    if (shape === old) continue;
    if (shape.concept !== old.concept) list.push({ op: "concept", id: old.id, concept: shape.concept });
    if (!sameGeometry(old, shape)) list.push({ op: "shape", id: old.id, ...geometryOf(shape) });
    if (shape.value !== old.value) list.push({ op: "value", id: old.id, value: shape.value });
  }
  for (const shape of shapes) {
    if (then.has(shape.id)) continue;
    list.push({
      op: "create", id: shape.id, kind: shape.kind, concept: shape.concept, value: shape.value, ...geometryOf(shape),
    });
  }
  return list;
}

/** A list of changes laid over other shapes; what they touch and is gone by now is left out. */
export function applyChanges(shapes, list) {
  let next = shapes;
  for (const { op, id, ...fields } of list) {
    if (op === "delete") next = remove(next, id);
    else if (op === "create") next = find(next, id) ? next : add(next, { id, ...fields })[0];
    else next = change(next, id, fields);
  }
  return next;
}

/** Map of id -> "added" | "changed" | "deleted"; ids that are alike are absent. */
export function marks(opened, shapes) {
  const words = { create: "added", delete: "deleted" };
  return new Map(changes(opened, shapes).map((one) => [one.id, words[one.op] || "changed"]));
}

/** `before` of an item body (id -> shape at the last "ask for changes") -> shapes. */
export function readBefore(before) {
  return readShapes(Object.entries(before || {}).map(([id, shape]) => ({ ...shape, id })));
}

/** Lines of the list: what was changed since `before` first, then the rest in its old order. */
export function changedFirst(shapes, since) {
  const first = shapes.filter((shape) => since.has(shape.id));
  return [...first, ...shapes.filter((shape) => !since.has(shape.id))];
}

/** Reasons that a reviewer's own edits speak for. */
export function reasonsOf(list) {
  const words = { create: "missing", concept: "wrong_class", value: "wrong_class", shape: "loose", delete: "extra" };
  return [...new Set(list.map((one) => words[one.op]))];
}

/** What was seen, by annotation id: an annotation with several tags is several lines "<annotation>#<concept>". */
export function bases(opened) {
  return Object.fromEntries(opened.filter((shape) => shape.base !== null).map((shape) => [shape.id.split("#")[0], shape.base]));
}

/** The same, shortened to what is compared: many items go in one request, and none of them is edited. */
export function fingerprints(opened) {
  return Object.fromEntries(Object.entries(bases(opened)).map(([id, base]) => [id, base.split(":")[0]]));
}

/** Shapes as a submission or a draft carries them; what the canvas cannot show stays as the platform has it. */
export function plain(shapes) {
  return shapes.filter((shape) => shape.kind !== "other").map((shape) => ({
    id: shape.id, kind: shape.kind, concept: shape.concept, value: shape.value, ...geometryOf(shape),
  }));
}

/** A draft over the annotations it was made from: what only the platform knows (base, lock, author) is kept. */
export function withDraft(opened, draft) {
  const known = new Map(opened.map((shape) => [shape.id, shape]));
  const kept = new Set(draft.map((shape) => shape.id));
  const fixed = opened.filter((shape) => shape.locked && !kept.has(shape.id));
  return fixed.concat(readShapes(draft).map((shape) => {
    const old = known.get(shape.id);
    if (!old) return shape;
    if (old.locked || changes([old], [{ ...old, ...pick(shape) }]).length === 0) return old;
    return Object.freeze({ ...old, ...pick(shape) });
  }));
}

function pick({ concept, value, box, points }) {
  return { concept, value, box, points };
}
