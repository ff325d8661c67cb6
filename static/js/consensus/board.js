/** The picture with everybody's shapes: laid over each other, or one picture per labeler with one zoom for all. */
import { boundsOf, fitView, holdView, pathOf, zoomView } from "../workbench/geometry.js";
import { el, svg } from "../workbench/dom.js";
import { outline } from "../workbench/render.js";
import { marksOf } from "./picks.js";

/** `letterOf(item)` is a labeler's letter, `conceptOf(id)` {name, color}; `chosen(row id)` is called on a click. */
export function createBoard({ board, conceptOf, letterOf, chosen }) {
  let shown = null; // {input, labelers, rows, lines: Map of mark key -> shape}
  let view = { scale: 1, x: 0, y: 0 };
  let fitted = true;
  let panes = [];
  let side = false;
  let state = { picks: new Map(), focus: null };

  function room() {
    const pane = panes[0]?.pane;
    return pane ? { width: pane.clientWidth, height: pane.clientHeight } : { width: 1, height: 1 };
  }

  function place() {
    const { width, height } = shown.input.image;
    for (const { world } of panes) {
      world.style.width = `${width * view.scale}px`;
      world.style.height = `${height * view.scale}px`;
      world.style.transform = `translate(${Math.round(view.x)}px, ${Math.round(view.y)}px)`;
    }
  }

  function move(next) {
    const { width, height } = shown.input.image;
    const at = room();
    fitted = false;
    view = holdView(next, width, height, at.width, at.height);
    place();
  }

  function fit() {
    if (!shown) return;
    const { width, height } = shown.input.image;
    const at = room();
    fitted = true;
    view = fitView(width, height, at.width, at.height, 12);
    place();
  }

  function paneOf(labeler) {
    const picture = el("img", { src: shown.input.image.url, alt: "", draggable: "false" });
    const canvas = svg("svg", { class: "wb-svg", preserveAspectRatio: "none", viewBox: `0 0 ${shown.input.image.width} ${shown.input.image.height}` });
    const tags = el("div", { class: "wb-tags", "aria-hidden": "true" });
    const world = el("div", { class: "wb-world" }, el("div", { class: "wb-picture" }, picture), canvas, tags);
    const pane = el("div", { class: "cs-pane" }, world, labeler && el("p", { class: "cs-whose" },
      el("b", { class: "cs-letter", text: letterOf(labeler.item) }), labeler.name));
    return { pane, world, canvas, tags, item: labeler?.item ?? null };
  }

  function build() {
    panes = side ? shown.labelers.filter((one) => one.bases).map(paneOf) : [paneOf(null)];
    board.style.setProperty("--columns", Math.min(panes.length, board.clientWidth < 640 ? 1 : panes.length < 5 ? 2 : 3));
    board.classList.toggle("is-side", side);
    board.replaceChildren(...panes.map(({ pane }) => pane));
  }

  /** One shape; `tone` says whether it stands, falls, or waits for a decision. */
  function draw(pane, mark, row, tone, words) {
    const shape = shown.lines.get(mark.key);
    const at = shape && boundsOf(shape);
    if (!at) return;
    const concept = conceptOf(mark.concept);
    const node = svg("g", {
      class: `wb-shape cs-shape is-${tone}`, data: { color: concept.color, mark: String(shown.order.get(mark.item)) },
      click: () => chosen(row.id),
    }, ...outline(pathOf(shape, shown.input.image.width, shown.input.image.height)));
    node.classList.toggle("is-selected", row.id === state.focus);
    pane.canvas.append(node);
    const tag = el("span", { class: "wb-tag", data: { color: concept.color }, text: words });
    tag.style.left = `${at.left * 100}%`;
    tag.style.top = `${at.top * 100}%`;
    tag.classList.toggle("is-inside", at.top < 0.035);
    tag.classList.toggle("is-selected", row.id === state.focus);
    pane.tags.append(tag);
  }

  function toneOf(row, key) {
    if (!state.picks.has(row.id)) return "open";
    return state.picks.get(row.id) === key ? "standing" : "falling";
  }

  /** Agreeing shapes are one outline; the row in the focus, and what is not decided, show every labeler's. */
  function drawOver(pane, row) {
    const name = (group) => conceptOf(group.concept).name;
    const pick = state.picks.get(row.id);
    for (const group of row.groups) {
      const all = row.id === state.focus || !state.picks.has(row.id);
      const stands = group.marks.find((mark) => mark.key === pick);
      const drawn = all ? group.marks : [stands || group.marks.find((mark) => mark.key === group.medoid)];
      if (!all && pick && !stands) continue; // another concept stands here
      for (const mark of drawn) {
        const letters = all ? letterOf(mark.item) : group.marks.map((one) => letterOf(one.item)).sort().join("");
        draw(pane, { ...mark, concept: group.concept }, row, toneOf(row, mark.key), `${name(group)} ${letters}`);
      }
    }
  }

  function drawAll() {
    for (const pane of panes) {
      pane.canvas.replaceChildren();
      pane.tags.replaceChildren();
      for (const row of shown.rows) {
        if (pane.item === null) drawOver(pane, row);
        else {
          for (const mark of marksOf(row).filter((one) => one.item === pane.item)) {
            draw(pane, mark, row, toneOf(row, mark.key), conceptOf(mark.concept).name);
          }
        }
      }
    }
  }

  board.addEventListener("wheel", (event) => {
    if (!shown) return;
    event.preventDefault();
    const pane = event.target.closest(".cs-pane")?.getBoundingClientRect();
    if (pane) move(zoomView(view, event.deltaY < 0 ? 1.15 : 1 / 1.15, event.clientX - pane.left, event.clientY - pane.top));
  }, { passive: false });
  board.addEventListener("pointerdown", (event) => {
    if (!shown || event.button !== 0 || !event.isPrimary) return;
    const from = { x: event.clientX, y: event.clientY, view };
    const drag = (now) => {
      const [dx, dy] = [now.clientX - from.x, now.clientY - from.y];
      if (Math.hypot(dx, dy) > 4 || !fitted) move({ ...from.view, x: from.view.x + dx, y: from.view.y + dy });
    };
    board.addEventListener("pointermove", drag);
    addEventListener("pointerup", () => board.removeEventListener("pointermove", drag), { once: true });
  });
  new ResizeObserver(() => { if (shown) { if (fitted) fit(); else move(view); } }).observe(board);

  return {
    get side() { return side; },
    open(body) {
      const lines = new Map(body.labelers.flatMap((one) => one.shapes.map((shape) => [`${one.item}/${shape.id}`, shape])));
      shown = { ...body, lines, order: new Map(body.labelers.map((one, place) => [one.item, place % 6])) };
      build();
      fit();
    },
    /** `picks` and the row in the focus. */
    show(next) {
      state = next;
      if (shown) drawAll();
    },
    clear() {
      shown = null;
      panes = [];
      board.replaceChildren();
    },
    toggleSide() {
      side = !side;
      if (!shown) return;
      build();
      fit();
      drawAll();
    },
    fit,
    pan(x, y) { if (shown) move({ ...view, x: view.x + x, y: view.y + y }); },
    zoom(factor) {
      const at = room();
      if (shown) move(zoomView(view, factor, at.width / 2, at.height / 2));
    },
  };
}
