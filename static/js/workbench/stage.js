/** The canvas put together: image, shapes, tools, zoom and light, with the controls and keys that belong to it. */
import { action as control, allow, announce, el, icon, onClick, role } from "./dom.js";
import { change, cycleTag, find, isDrawn, readShapes } from "./shapes.js";
import { createRenderer, conceptBook } from "./render.js";
import { createStore } from "./store.js";
import { createTools } from "./tools.js";
import { createViewport } from "./viewport.js";

export function createStage({ concepts, type }) {
  const surface = role("stage");
  const world = role("world");
  const picture = role("picture");
  const message = role("stage-message");
  const store = createStore();
  const conceptOf = conceptBook(concepts);
  const viewport = createViewport({ stage: surface, world });
  createRenderer({ world, store, conceptOf });
  const tools = createTools({ surface, store, viewport, announce });
  store.set({ concept: concepts[0]?.id ?? null, readonly: "Still loading." });

  /** The picture that belongs to the shapes on the canvas; null keeps its place with a skeleton. */
  function setImage(image) {
    const { width, height } = store.state;
    if (image && Math.abs(image.naturalWidth / image.naturalHeight - width / height) > 0.02) {
      viewport.open(image.naturalWidth, image.naturalHeight);
      store.set({ width: image.naturalWidth, height: image.naturalHeight });
    }
    picture.replaceChildren(...(image ? [image] : []));
    picture.classList.toggle("is-loading", !image);
    if (message.contains(document.activeElement)) surface.focus({ preventScroll: true });
    message.hidden = true;
  }

  function say(text, buttons) {
    message.replaceChildren(icon("image"), el("p", { text }), el("div", {},
      ...buttons.map(([words, run]) => el("button", { type: "button", class: "wb-button", text: words, click: run }))));
    message.hidden = false;
    picture.classList.remove("is-loading");
  }

  /** Number keys and the list of concepts: the selection's concept, or an image-level answer, or what is drawn next. */
  function useConcept(id) {
    const { shapes, selected, readonly, opened } = store.state;
    const name = conceptOf(id).name;
    const shape = find(shapes, selected);
    if (shape && shape.kind !== "tag") {
      if (readonly || shape.locked) announce("This shape is locked.");
      else if (shape.concept !== id && store.edit(change(shapes, selected, { concept: id }), `make it ${name}`)) announce(`Now ${name}.`);
      store.set({ concept: id });
    } else if (type === "classes") {
      const next = cycleTag(shapes, id, opened);
      if (store.edit(next, `answer ${name}`)) {
        const tag = next.find((one) => one.kind === "tag" && one.concept === id);
        announce(`${name}: ${!tag ? "not said" : tag.value ? "yes" : "no"}.`);
      }
    } else {
      store.set({ concept: id });
      announce(`Next shape: ${name}.`);
    }
  }

  function step(direction) {
    const drawn = store.state.shapes.filter(isDrawn);
    const at = drawn.findIndex((shape) => shape.id === store.state.selected);
    const next = at < 0 ? (direction > 0 ? 0 : drawn.length - 1) : at + direction;
    if (!drawn[next]) {
      store.set({ selected: null });
      return false; // past the last shape Tab leaves the canvas
    }
    store.set({ selected: drawn[next].id });
    announce(`${conceptOf(drawn[next].concept).name}, ${drawn[next].kind} ${next + 1} of ${drawn.length}`);
    return true;
  }

  function arrow(event) {
    const far = event.shiftKey ? 10 : 1;
    const [rows, columns] = { ArrowUp: [-far, 0], ArrowDown: [far, 0], ArrowLeft: [0, -far], ArrowRight: [0, far] }[event.key];
    if (tools.nudge(rows, columns, event.altKey)) return true;
    if (event.repeat) return true;
    const other = control(rows + columns > 0 ? "next" : "previous");
    if (!other || event.altKey || event.shiftKey) return false;
    other.click();
    return true;
  }

  function escape() {
    if (store.state.sketch) store.cancel();
    else if (store.state.tool !== "select") control("tool-select").click();
    else if (store.state.selected) store.set({ selected: null });
    else return false;
    return true;
  }

  const clicks = {
    "tool-select": () => tools.choose("select"),
    "tool-box": () => tools.choose("box"),
    "tool-polygon": () => tools.choose("polygon"),
    "tool-pan": () => tools.choose("pan"),
    "edit-undo": () => announce(`Undone: ${store.undo() ?? "nothing"}.`),
    "edit-redo": () => announce(`Done again: ${store.redo() ?? "nothing"}.`),
    "delete-shape": () => tools.removeSelected(),
    hide: () => store.set({ hidden: !store.state.hidden }),
    names: () => store.set({ names: !store.state.names }),
    "zoom-in": () => viewport.zoom(1.25),
    "zoom-out": () => viewport.zoom(0.8),
    actual: () => viewport.actual(),
    fit: () => viewport.fit(),
    darker: () => viewport.brighten(-10),
    brighter: () => viewport.brighten(10),
    "contrast-less": () => viewport.contrast(-10),
    "contrast-more": () => viewport.contrast(10),
    invert: () => viewport.invert(),
    "light-reset": () => viewport.resetLight(),
  };
  for (const [name, run] of Object.entries(clicks)) onClick(name, run);
  for (const name of ["select", "box", "polygon", "pan"]) control(`tool-${name}`)?.classList.add("wb-toggle");

  document.addEventListener("keydown", (event) => {
    if (event.key === " " && (event.target === surface || event.target === document.body)) {
      event.preventDefault();
      tools.hold(true);
    }
  });
  document.addEventListener("keyup", (event) => { if (event.key === " ") tools.hold(false); });

  function pressed(name, on) {
    control(name)?.setAttribute("aria-pressed", String(on));
  }

  store.watch((state) => {
    for (const name of ["select", "box", "polygon", "pan"]) pressed(`tool-${name}`, state.tool === name);
    pressed("hide", state.hidden);
    pressed("names", state.names);
    const locked = state.readonly;
    for (const name of ["tool-box", "tool-polygon"]) if (control(name)) allow(control(name), locked);
    if (control("delete-shape")) allow(control("delete-shape"), locked || (state.selected ? "" : "Select a shape first."));
    allow(control("edit-undo"), store.canUndo ? "" : "No edit to take back.");
    allow(control("edit-redo"), store.canRedo ? "" : "Nothing to do again.");
  });
  viewport.watch((view, light) => {
    role("zoom").textContent = `${Math.round(view.scale * 100)}%`;
    role("brightness").textContent = `${light.brightness}%`;
    role("contrast").textContent = `${light.contrast}%`;
    pressed("invert", light.invert);
    control("light-reset").classList.toggle("is-idle", light.brightness === 100 && light.contrast === 100 && !light.invert);
  });

  const arrows = ["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"];
  const actions = [
    { id: "tool-select", group: "Canvas", label: "Select", keys: ["v"] },
    { id: "tool-box", group: "Canvas", label: "Draw boxes (Enter puts one)", keys: ["b"] },
    { id: "tool-polygon", group: "Canvas", label: "Draw polygons", keys: ["p"] },
    { id: "tool-pan", group: "Canvas", label: "Move the picture", keys: ["m"] },
    { id: "hold-pan", group: "Canvas", label: "Move the picture while held", keys: [], fixed: "Space + drag" },
    { id: "edit-redo", group: "Canvas", label: "Redo an edit", keys: ["Shift+z", "Ctrl+Shift+z"] },
    { id: "delete-shape", group: "Canvas", label: "Delete the selection", keys: ["Delete", "Backspace"],
      run: () => tools.dropCorner() || (store.state.selected ? control("delete-shape").click() : false) },
    { id: "next-shape", group: "Canvas", label: "Next shape", keys: ["Tab"],
      run: () => (document.activeElement === surface ? step(1) : false) },
    { id: "previous-shape", group: "Canvas", label: "Previous shape", keys: ["Shift+Tab"],
      run: () => (document.activeElement === surface && store.state.selected ? step(-1) : false) },
    { id: "nudge", group: "Canvas", label: "Move the selection 1 px (Shift 10 px, Alt sizes it)", fixed: "← → ↑ ↓", repeats: true,
      keys: ["", "Shift+", "Alt+", "Alt+Shift+"].flatMap((prefix) => arrows.map((name) => prefix + name)), run: arrow },
    { id: "enter", quiet: true, group: "Canvas", label: "Close the outline", keys: ["Enter"], run: () => {
      if (tools.closePolygon()) return true;
      if (store.state.tool !== "box" || store.state.readonly) return false;
      tools.dropBox();
      return true;
    } },
    { id: "escape", quiet: true, group: "Canvas", label: "Leave", keys: ["Escape"], run: escape },
    { id: "concepts", group: "Canvas", label: "Concept of the selection, or of the next shape", fixed: "1 – 9",
      keys: concepts.slice(0, 9).map((_, index) => String(index + 1)),
      run: (event) => useConcept(concepts[Number(event.key) - 1].id) },
    { id: "hide", group: "View", label: "Hide shapes", keys: ["h"] },
    { id: "names", group: "View", label: "Hide names", keys: ["l"] },
    { id: "zoom-in", group: "View", label: "Zoom in", keys: ["+", "="], repeats: true },
    { id: "zoom-out", group: "View", label: "Zoom out", keys: ["-"], repeats: true },
    { id: "actual", group: "View", label: "Actual pixels", keys: ["0"] },
    { id: "fit", group: "View", label: "Fit the picture", keys: ["f"] },
    { id: "darker", group: "View", label: "Darker", keys: ["["], repeats: true },
    { id: "brighter", group: "View", label: "Brighter", keys: ["]"], repeats: true },
    { id: "contrast-less", group: "View", label: "Less contrast", keys: ["{"], repeats: true },
    { id: "contrast-more", group: "View", label: "More contrast", keys: ["}"], repeats: true },
    { id: "invert", group: "View", label: "Invert", keys: ["i"] },
    { id: "keys", group: "View", label: "This list", keys: ["?"] },
  ];

  return {
    store, viewport, tools, conceptOf, useConcept, setImage, say, surface, actions,

    /** Shows a body; the history of an earlier visit and shapes of a draft may come along. */
    open(body, { opened = readShapes(body.annotations), shapes = opened, before = null, past = null, readonly = "" } = {}) {
      const width = body.item.image.width || 640; // not measured yet: the picture says it when it is here
      const height = body.item.image.height || 480;
      viewport.open(width, height);
      const history = store.open({ item: body.item.id, opened, shapes, before, width, height, readonly, past });
      world.hidden = false;
      return history;
    },

    /** Nothing to show: the grey alone. */
    clear() {
      world.hidden = true;
      message.hidden = true;
      store.open({ item: null, opened: [], width: 1, height: 1, readonly: "Nothing is open." });
    },
  };
}
