/**
 * Pure geometry of shapes and views.
 *
 * Positions are fractions 0..1 of the image, origin top left; a point is [row, column].
 * A box is {top, left, bottom, right}; a polygon is a list of at least three points.
 * A view is {scale, x, y}: screen pixels per image pixel, and where the image's corner stands on the stage.
 */

/** Handles of a box in clockwise order, each with the edges that it moves. */
export const HANDLES = {
  nw: ["top", "left"], n: ["top"], ne: ["top", "right"], e: ["right"],
  se: ["bottom", "right"], s: ["bottom"], sw: ["bottom", "left"], w: ["left"],
};

export function clamp(value, low = 0, high = 1) {
  return Math.min(high, Math.max(low, value));
}

export function clampPoint([row, column]) {
  return [clamp(row), clamp(column)];
}

/** The box between two points, in any order, cut to the image. */
export function boxFromPoints(a, b) {
  const [r1, c1] = clampPoint(a);
  const [r2, c2] = clampPoint(b);
  return { top: Math.min(r1, r2), left: Math.min(c1, c2), bottom: Math.max(r1, r2), right: Math.max(c1, c2) };
}

/** The box moved by a distance; it stops at the edge of the image and keeps its size. */
export function moveBox(box, rows, columns) {
  const dr = clamp(rows, -box.top, 1 - box.bottom);
  const dc = clamp(columns, -box.left, 1 - box.right);
  return { top: box.top + dr, left: box.left + dc, bottom: box.bottom + dr, right: box.right + dc };
}

/** The box with the edges of one handle moved; a handle dragged over the opposite edge turns the box over. */
export function resizeBox(box, handle, rows, columns) {
  const next = { ...box };
  for (const edge of HANDLES[handle]) {
    next[edge] += edge === "top" || edge === "bottom" ? rows : columns;
  }
  return boxFromPoints([next.top, next.left], [next.bottom, next.right]);
}

export function handlePoint(box, handle) {
  const edges = HANDLES[handle];
  const row = edges.includes("top") ? box.top : edges.includes("bottom") ? box.bottom : (box.top + box.bottom) / 2;
  const column = edges.includes("left") ? box.left : edges.includes("right") ? box.right : (box.left + box.right) / 2;
  return [row, column];
}

/** True where the box is smaller than `pixels` on the screen in either direction. */
export function isTiny(box, width, height, scale, pixels = 3) {
  return (box.right - box.left) * width * scale < pixels || (box.bottom - box.top) * height * scale < pixels;
}

export function polygonBounds(points) {
  const rows = points.map(([row]) => row);
  const columns = points.map(([, column]) => column);
  return { top: Math.min(...rows), left: Math.min(...columns), bottom: Math.max(...rows), right: Math.max(...columns) };
}

export function boundsOf(shape) {
  if (shape.box) return shape.box;
  return shape.points && shape.points.length ? polygonBounds(shape.points) : null;
}

export function movePolygon(points, rows, columns) {
  const box = polygonBounds(points);
  const moved = moveBox(box, rows, columns);
  return points.map(([row, column]) => [row + moved.top - box.top, column + moved.left - box.left]);
}

export function moveVertex(points, index, point) {
  return points.map((old, at) => (at === index ? clampPoint(point) : old));
}

/** A new vertex in the middle of the edge that starts at `index`. */
export function splitEdge(points, index) {
  const [r1, c1] = points[index];
  const [r2, c2] = points[(index + 1) % points.length];
  return [...points.slice(0, index + 1), [(r1 + r2) / 2, (c1 + c2) / 2], ...points.slice(index + 1)];
}

/** The outline without vertices nearer than `pixels` (on the screen) to the one before. */
export function withoutRepeats(points, width, height, scale, pixels = 3) {
  const kept = [];
  for (const point of points) {
    const last = kept[kept.length - 1];
    if (!last || screenDistance(last, point, width, height, scale) >= pixels) kept.push(point);
  }
  return kept;
}

export function screenDistance(a, b, width, height, scale) {
  return Math.hypot((a[0] - b[0]) * height * scale, (a[1] - b[1]) * width * scale);
}

export function pointInBox([row, column], box, rowSlack = 0, columnSlack = 0) {
  return row >= box.top - rowSlack && row <= box.bottom + rowSlack
    && column >= box.left - columnSlack && column <= box.right + columnSlack;
}

export function pointInPolygon([row, column], points) {
  let inside = false;
  for (let i = 0, j = points.length - 1; i < points.length; j = i, i += 1) {
    const [ri, ci] = points[i];
    const [rj, cj] = points[j];
    if (ri > row !== rj > row && column < ((cj - ci) * (row - ri)) / (rj - ri) + ci) inside = !inside;
  }
  return inside;
}

export function areaOf(shape) {
  if (shape.box) return (shape.box.bottom - shape.box.top) * (shape.box.right - shape.box.left);
  let sum = 0;
  const points = shape.points || [];
  for (let i = 0, j = points.length - 1; i < points.length; j = i, i += 1) {
    sum += points[j][1] * points[i][0] - points[i][1] * points[j][0];
  }
  return Math.abs(sum) / 2;
}

/** Ids of the shapes under a point, smallest first, so that a small cell inside a large one can be reached. */
export function shapesAt(shapes, point, rowSlack = 0, columnSlack = 0) {
  return shapes
    .filter((shape) => {
      if (shape.box) return pointInBox(point, shape.box, rowSlack, columnSlack);
      return shape.points ? pointInPolygon(point, shape.points) : false;
    })
    .sort((a, b) => areaOf(a) - areaOf(b))
    .map((shape) => shape.id);
}

/** Equal to within a thousandth of a pixel of a 10,000 pixel image, so that rounding is no edit. */
export function sameNumbers(a, b, tolerance = 1e-7) {
  return a.length === b.length && a.every((value, index) => Math.abs(value - b[index]) <= tolerance);
}

export function sameGeometry(a, b) {
  if (a.box && b.box) {
    return sameNumbers([a.box.top, a.box.left, a.box.bottom, a.box.right],
      [b.box.top, b.box.left, b.box.bottom, b.box.right]);
  }
  if (a.points && b.points) return sameNumbers(a.points.flat(), b.points.flat());
  return !a.box && !b.box && !a.points && !b.points;
}

/** The outline as path data in image pixels. */
export function pathOf(shape, width, height) {
  if (shape.box) {
    const { top, left, bottom, right } = shape.box;
    return `M${left * width} ${top * height}H${right * width}V${bottom * height}H${left * width}Z`;
  }
  if (!shape.points || !shape.points.length) return "";
  return `M${shape.points.map(([row, column]) => `${column * width} ${row * height}`).join("L")}Z`;
}

/** The largest view that shows the whole image with a margin, never more than `most` times its pixels. */
export function fitView(width, height, stageWidth, stageHeight, margin = 16, most = 8) {
  const room = Math.min((stageWidth - 2 * margin) / width, (stageHeight - 2 * margin) / height);
  const scale = clamp(room, 0.01, most);
  return { scale, x: (stageWidth - width * scale) / 2, y: (stageHeight - height * scale) / 2 };
}

/** The view zoomed by a factor with the stage point (x, y) held still. */
export function zoomView(view, factor, x, y, low = 0.05, high = 32) {
  const scale = clamp(view.scale * factor, low, high);
  const ratio = scale / view.scale;
  return { scale, x: x - (x - view.x) * ratio, y: y - (y - view.y) * ratio };
}

/** The view held so that at least `keep` pixels of the image stay on the stage. */
export function holdView(view, width, height, stageWidth, stageHeight, keep = 48) {
  return {
    scale: view.scale,
    x: clamp(view.x, keep - width * view.scale, stageWidth - keep),
    y: clamp(view.y, keep - height * view.scale, stageHeight - keep),
  };
}
