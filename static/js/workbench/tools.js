/** Pointer and keyboard -> edits of the store: select, move, resize, draw a box, draw a polygon, pan, pinch. */
import {
  HANDLES, areaOf, boxFromPoints, clampPoint, handlePoint, isTiny, moveBox, movePolygon, moveVertex, resizeBox,
  screenDistance, shapesAt, splitEdge, withoutRepeats,
} from "./geometry.js";
import { add, change, find, isDrawn, remove } from "./shapes.js";

const CURSORS = { nw: "nwse-resize", se: "nwse-resize", ne: "nesw-resize", sw: "nesw-resize", n: "ns-resize", s: "ns-resize", e: "ew-resize", w: "ew-resize" };
const SLIP = 3; // screen pixels that a hand may slip in a click

export function createTools({ surface, store, viewport, announce }) {
  let drag = null;
  let spaceHeld = false;
  const touches = new Map();

  const point = (event) => viewport.toImage(event.clientX, event.clientY);
  const distance = (a, b) => screenDistance(a, b, store.state.width, store.state.height, viewport.view.scale);
  const reach = (event) => (event.pointerType === "touch" ? 22 : 8);

  function handleAt(event) {
    const { shapes, selected, readonly, hidden } = store.state;
    const shape = find(shapes, selected);
    if (!shape || shape.locked || readonly || hidden) return null;
    const at = point(event);
    const near = (target) => distance(at, target) <= reach(event);
    if (shape.box) {
      // Corners before edges, the nearest first: on a small box the reaches overlap.
      const names = Object.keys(HANDLES).filter((name) => near(handlePoint(shape.box, name)))
        .sort((a, b) => distance(at, handlePoint(shape.box, a)) - distance(at, handlePoint(shape.box, b)));
      return names.length ? { kind: "resize", shape, handle: names[0] } : null;
    }
    if (!shape.points) return null;
    const index = shape.points.findIndex(near);
    if (index >= 0) return { kind: "vertex", shape, index };
    const middle = shape.points.findIndex((p, i) => {
      const next = shape.points[(i + 1) % shape.points.length];
      return near([(p[0] + next[0]) / 2, (p[1] + next[1]) / 2]);
    });
    return middle >= 0 ? { kind: "vertex", shape: { ...shape, points: splitEdge(shape.points, middle) }, index: middle + 1 } : null;
  }

  function hits(event) {
    if (store.state.hidden) return [];
    const [rows, columns] = viewport.toFraction(4);
    return shapesAt(store.state.shapes.filter(isDrawn), point(event), rows, columns);
  }

  function pickStart(event) {
    const under = hits(event);
    const current = store.state.selected;
    if (!under.length) return { kind: "pan", clears: true };
    const id = under.includes(current) ? current : under[0];
    if (id !== current) store.set({ selected: id });
    const shape = find(store.state.shapes, id);
    // A second click on the same place goes on to the next shape below.
    const next = id === current && under.length > 1 ? under[(under.indexOf(id) + 1) % under.length] : null;
    return shape.locked || store.state.readonly ? { kind: "none", next } : { kind: "move", shape, next };
  }

  function begin(event) {
    const { tool, readonly } = store.state;
    if (event.button === 1 || spaceHeld || tool === "pan") return { kind: "pan" };
    if (event.button !== 0) return null;
    const handle = store.state.sketch ? null : handleAt(event);
    if (handle) {
      if (event.altKey && handle.kind === "vertex") return { kind: "unvertex", ...handle };
      return handle;
    }
    if (tool === "box" && !readonly) return { kind: "box" };
    if (tool === "polygon" && !readonly) return { kind: "corner" };
    return pickStart(event);
  }

  function onDown(event) {
    if (event.target.closest("button, a, input, dialog, .wb-message")) return;
    surface.focus({ preventScroll: true });
    if (event.pointerType === "touch") {
      touches.set(event.pointerId, [event.clientX, event.clientY]);
      if (touches.size === 2) {
        store.cancel();
        drag = { kind: "pinch" };
      }
      if (touches.size > 1) return;
    }
    const started = begin(event);
    if (!started) return;
    event.preventDefault();
    surface.setPointerCapture(event.pointerId);
    drag = { ...started, from: point(event), x: event.clientX, y: event.clientY, startX: event.clientX, startY: event.clientY, moved: false };
    if (drag.kind === "corner") addCorner(point(event));
    if (drag.kind === "unvertex") dropVertex(drag);
  }

  function onPinch(event) {
    const [a, b] = [...touches.values()];
    touches.set(event.pointerId, [event.clientX, event.clientY]);
    const [c, d] = [...touches.values()];
    const at = surface.getBoundingClientRect();
    const middle = [(c[0] + d[0]) / 2 - at.left, (c[1] + d[1]) / 2 - at.top];
    viewport.pan((c[0] + d[0] - a[0] - b[0]) / 2, (c[1] + d[1] - a[1] - b[1]) / 2);
    viewport.zoom(Math.hypot(c[0] - d[0], c[1] - d[1]) / Math.max(1, Math.hypot(a[0] - b[0], a[1] - b[1])), ...middle);
  }

  function onMove(event) {
    if (drag?.kind === "pinch") {
      if (touches.size === 2 && touches.has(event.pointerId)) onPinch(event);
      return;
    }
    if (!drag) {
      hoverAt(event);
      return;
    }
    if (Math.hypot(event.clientX - drag.startX, event.clientY - drag.startY) > SLIP) drag.moved = true;
    if (!drag.moved) return;
    const to = point(event);
    const rows = to[0] - drag.from[0];
    const columns = to[1] - drag.from[1];
    const { shapes } = store.state;
    if (drag.kind === "pan") {
      viewport.pan(event.clientX - drag.x, event.clientY - drag.y);
    } else if (drag.kind === "move") {
      store.preview(change(shapes, drag.shape.id, drag.shape.box
        ? { box: moveBox(drag.shape.box, rows, columns) }
        : { points: movePolygon(drag.shape.points, rows, columns) }));
    } else if (drag.kind === "resize") {
      store.preview(change(shapes, drag.shape.id, { box: resizeBox(drag.shape.box, drag.handle, rows, columns) }));
    } else if (drag.kind === "vertex") {
      store.preview(change(shapes, drag.shape.id, { points: moveVertex(drag.shape.points, drag.index, to) }));
    } else if (drag.kind === "box") {
      store.set({ sketch: { box: boxFromPoints(drag.from, to) } });
    }
    drag.x = event.clientX;
    drag.y = event.clientY;
  }

  function hoverAt(event) {
    const { tool, sketch } = store.state;
    if (sketch?.open) {
      store.set({ sketch: { ...sketch, points: [...sketch.corners, clampPoint(point(event))] } });
      return;
    }
    const handle = handleAt(event);
    const under = hits(event);
    const hover = tool === "select" ? under[0] || null : null;
    if (hover !== store.state.hover) store.set({ hover });
    surface.style.cursor = spaceHeld || tool === "pan" ? "grab"
      : handle ? CURSORS[handle.handle] || "move"
        : tool !== "select" ? "crosshair" : under.length ? (store.state.readonly ? "pointer" : "move") : "default";
  }

  function onUp(event) {
    touches.delete(event.pointerId);
    const done = drag;
    if (done?.kind === "pinch") {
      if (!touches.size) drag = null;
      return;
    }
    drag = null;
    if (!done || done.kind === "corner") return;
    if (!done.moved) {
      store.cancel();
      if (done.clears) store.set({ selected: null });
      if (done.next) store.set({ selected: done.next });
      if (done.kind === "box") store.set({ selected: hits(event)[0] || null });
      return;
    }
    if (done.kind === "move") store.edit(store.state.shapes, "move");
    if (done.kind === "resize") finishResize(done);
    if (done.kind === "vertex") store.edit(store.state.shapes, "change the outline");
    if (done.kind === "box") finishBox(boxFromPoints(done.from, point(event)));
  }

  function finishResize(done) {
    const shape = find(store.state.shapes, done.shape.id);
    if (tiny(shape.box)) store.cancel();
    else store.edit(store.state.shapes, "resize");
  }

  const tiny = (box) => isTiny(box, store.state.width, store.state.height, viewport.view.scale);

  function finishBox(box) {
    if (tiny(box)) {
      store.cancel();
      return;
    }
    const [shapes, id] = add(store.state.shapes, { kind: "box", box, concept: store.state.concept });
    store.edit(shapes, "draw a box", "", id);
    announce("Box drawn.");
  }

  function addCorner(at) {
    const { sketch } = store.state;
    const corners = sketch?.open ? sketch.corners : [];
    if (corners.length >= 3 && distance(corners[0], at) <= 10) {
      closePolygon();
      return;
    }
    const next = withoutRepeats([...corners, clampPoint(at)], store.state.width, store.state.height, viewport.view.scale);
    store.set({ selected: null, sketch: { open: true, corners: next, points: next } });
  }

  function closePolygon() {
    const { sketch } = store.state;
    if (!sketch?.open) return false;
    const points = sketch.corners;
    if (points.length < 3 || areaOf({ points }) * store.state.width * store.state.height * viewport.view.scale ** 2 < 9) {
      announce("A polygon needs three points.");
      return true;
    }
    const [shapes, id] = add(store.state.shapes, { kind: "polygon", points, concept: store.state.concept });
    store.edit(shapes, "draw a polygon", "", id);
    announce("Polygon drawn.");
    return true;
  }

  function dropVertex({ shape, index }) {
    if (shape.points.length <= 3) announce("A polygon keeps at least three points.");
    else store.edit(change(store.state.shapes, shape.id, { points: shape.points.filter((_, at) => at !== index) }), "remove a point");
  }

  surface.addEventListener("pointerdown", onDown);
  surface.addEventListener("pointermove", onMove);
  surface.addEventListener("pointerup", onUp);
  surface.addEventListener("pointercancel", (event) => {
    touches.delete(event.pointerId);
    drag = null;
    store.cancel();
  });
  surface.addEventListener("pointerleave", () => store.state.hover && store.set({ hover: null }));
  surface.addEventListener("dblclick", () => closePolygon());
  surface.addEventListener("wheel", (event) => {
    event.preventDefault();
    const at = surface.getBoundingClientRect();
    viewport.zoom(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0015)), event.clientX - at.left, event.clientY - at.top);
  }, { passive: false });

  return {
    choose(tool) {
      store.cancel();
      store.set({ tool });
      surface.style.cursor = tool === "select" ? "default" : tool === "pan" ? "grab" : "crosshair";
    },
    hold(held) {
      spaceHeld = held;
      surface.style.cursor = held ? "grab" : "";
    },
    closePolygon,

    /** Takes back the last corner of an outline that is being drawn. */
    dropCorner() {
      const { sketch } = store.state;
      if (!sketch?.open) return false;
      const corners = sketch.corners.slice(0, -1);
      store.set({ sketch: corners.length ? { open: true, corners, points: corners } : null });
      return true;
    },

    /** A box in the middle of what is seen, for the keyboard: arrows move it, Alt and arrows size it. */
    dropBox() {
      const at = surface.getBoundingClientRect();
      const middle = viewport.toImage(at.left + at.width / 2, at.top + at.height / 2);
      const [rows, columns] = viewport.toFraction(Math.min(at.width, at.height) / 10);
      finishBox(boxFromPoints([middle[0] - rows, middle[1] - columns], [middle[0] + rows, middle[1] + columns]));
    },

    /** Moves the selection by image pixels, or with `size` its lower right corner. False where nothing is selected. */
    nudge(rows, columns, size = false) {
      const { shapes, selected, width, height, readonly } = store.state;
      const shape = find(shapes, selected);
      if (!shape || !isDrawn(shape)) return false;
      if (readonly || shape.locked) {
        announce("This shape is locked.");
        return true;
      }
      const dr = rows / height;
      const dc = columns / width;
      let fields = null;
      if (shape.box) fields = { box: size ? resizeBox(shape.box, "se", dr, dc) : moveBox(shape.box, dr, dc) };
      else if (!size) fields = { points: movePolygon(shape.points, dr, dc) };
      if (fields) store.edit(change(shapes, selected, fields), size ? "resize" : "move", `nudge ${selected} ${size}`);
      return true;
    },

    removeSelected() {
      const { shapes, selected, readonly } = store.state;
      const shape = find(shapes, selected);
      if (!shape) return false;
      if (readonly || shape.locked) announce("This shape is locked.");
      else if (store.edit(remove(shapes, selected), "delete", "", null)) announce("Deleted. Z takes it back.");
      return true;
    },
  };
}
