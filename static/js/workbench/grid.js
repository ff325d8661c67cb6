/** Review as a grid: mark the wrong ones, approve the rest in one step; the place is kept while an item is opened. */
import { action as control, address, allow, announce, config, el, icon, onClick, role } from "./dom.js";
import { ApiError, createApi, withQuery } from "./api.js";
import { askYes, closeNotice, notice } from "./dialogs.js";
import { fingerprints, newId, readShapes } from "./shapes.js";
import { conceptBook } from "./render.js";
import { answers, picture } from "./card.js";
import { followBulk } from "./bulk.js";
import { createKeys } from "./keys.js";

const settings = config();
const { urls, concepts, task, reasons } = settings;
const api = createApi();
const conceptOf = conceptBook(concepts);
const grid = role("grid");
const slider = role("columns");
const PLACE = `proofdesk.grid.${settings.connection}.${task.id}`;
const kept = readPlace();
const cards = new Map(); // item id -> {item, body, node}
const marks = new Map(Object.entries(kept.marks || {}).map(([id, reason]) => [Number(id), reason]));
let operation = kept.operation || newId();
let cursor = null;
let focus = kept.focus || null;
let busy = false;

function readPlace() {
  try { return JSON.parse(sessionStorage.getItem(PLACE) || "{}") || {}; } catch { return {}; }
}

function keepPlace() {
  if (!cards.size) return;
  const place = { marks: Object.fromEntries(marks), focus, at: ids().indexOf(focus), columns: slider.value, scroll: role("scroll").scrollTop, count: cards.size, operation };
  try { sessionStorage.setItem(PLACE, JSON.stringify(place)); } catch { /* the place is lost, no mark is sent twice */ }
}

const word = (id) => reasons.find((one) => one.id === id)?.label || id;
const allowed = (card) => card.body.can.approve.ok;
const ids = () => [...cards.keys()];

function makeCard({ body }) {
  const { item } = body;
  const why = body.can.approve.ok ? "" : body.can.approve.why;
  const mark = el("span", { class: "wb-card-mark" });
  const node = el("div", {
    class: "wb-card", role: "gridcell", tabindex: "-1", data: { id: item.id }, title: why,
    click: () => { setFocus(item.id); toggle(item.id); },
    dblclick: () => open(item.id),
    focus: () => setFocus(item.id, false),
  }, picture(body, conceptOf, Number(slider.value) <= 4), mark, el("span", { class: "wb-card-foot" },
    el("b", { text: item.name }), el("small", { text: item.labeler?.name || "" }),
    el("small", { class: "wb-card-count", text: `${body.annotations.filter((one) => one.kind !== "tag").length}` })), answers(body, conceptOf));
  cards.set(item.id, { item, body, node });
  if (why) node.classList.add("is-closed");
  drawMark(item.id);
  return node;
}

function drawMark(id) {
  const { node, item, body } = cards.get(id);
  const reason = marks.get(id);
  node.classList.toggle("is-wrong", Boolean(reason));
  node.setAttribute("aria-selected", String(Boolean(reason)));
  node.setAttribute("aria-label", `${item.name}, ${body.annotations.length} annotations, ${!allowed(cards.get(id)) ? body.can.approve.why : reason ? `send back: ${word(reason)}` : "approve"}`);
  node.querySelector(".wb-card-mark").replaceChildren(...(reason ? [icon("changes"), el("span", { text: word(reason) })] : []));
}

function toggle(id) {
  const card = cards.get(id);
  if (busy) return;
  if (!allowed(card)) {
    announce(card.body.can.approve.why);
    return;
  }
  if (marks.has(id)) marks.delete(id);
  else marks.set(id, reasons.some((one) => one.id === "other") ? "other" : reasons[0].id);
  drawMark(id);
  drawChoice();
  drawFoot();
  announce(marks.has(id) ? `${card.item.name} is sent back. Keys 1 to ${reasons.length} give the reason.` : `${card.item.name} is approved.`);
}

/** The reasons stand on the marked card that has the focus, until the focus moves on. */
function drawChoice() {
  grid.querySelector(".wb-choice")?.remove();
  if (!focus || !marks.has(focus) || !cards.has(focus) || busy) return;
  const { node, item } = cards.get(focus);
  node.append(el("span", { class: "wb-choice", role: "group", "aria-label": `Reason for ${item.name}`, click: (event) => event.stopPropagation(), dblclick: (event) => event.stopPropagation() },
    ...reasons.map((reason, index) => el("button", {
      type: "button", tabindex: "-1", "aria-pressed": String(marks.get(item.id) === reason.id), click: () => giveReason(index),
    }, el("kbd", { text: index + 1 }), el("span", { text: reason.label })))));
  node.lastElementChild.scrollIntoView({ block: "nearest" });
}

function giveReason(index) {
  const card = cards.get(focus);
  if (!card || !reasons[index] || busy) return false;
  if (!allowed(card)) {
    announce(card.body.can.approve.why);
    return true;
  }
  marks.set(focus, reasons[index].id);
  drawMark(focus);
  drawChoice();
  drawFoot();
  announce(`${card.item.name}: ${reasons[index].label}.`);
  return true;
}

function setFocus(id, move = true) {
  if (!cards.has(id)) return;
  const old = cards.get(focus);
  if (old) old.node.tabIndex = -1;
  const changed = focus !== id;
  focus = id;
  const { node } = cards.get(id);
  node.tabIndex = 0;
  if (move && document.activeElement !== node) node.focus({ preventScroll: true });
  if (move) node.scrollIntoView({ block: "nearest" });
  if (changed) {
    drawChoice();
    keepPlace();
  }
}

function moveFocus(event) {
  const all = ids();
  const at = all.indexOf(focus);
  const columns = Number(slider.value);
  const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns, Home: -at, End: all.length - 1 - at }[event.key];
  const next = at < 0 ? 0 : at + step;
  if (all[next] !== undefined) setFocus(all[next]);
  return true;
}

function open(id) {
  focus = id;
  keepPlace();
  globalThis.location.href = withQuery(urls.review || "../", { item: id, from: "grid" });
}

function plan() {
  const usable = [...cards.values()].filter(allowed);
  return {
    approve: usable.filter((card) => !marks.has(card.item.id)),
    back: usable.filter((card) => marks.has(card.item.id)),
    closed: cards.size - usable.length,
  };
}

function drawFoot() {
  const { approve, back, closed } = plan();
  role("to-approve").textContent = approve.length;
  role("to-send-back").textContent = back.length;
  role("closed").textContent = closed ? ` · ${closed} not yours to decide` : "";
  allow(control("apply"), busy ? "This is being sent." : approve.length + back.length ? "" : "Nothing to decide here.");
  control("more").hidden = !cursor || busy;
  keepPlace();
}

async function load() {
  const page = await api.get(withQuery(urls.queue, { state: "awaiting_review", after: cursor, bodies: 1, limit: 48 }));
  cursor = page.next;
  const rows = await Promise.all(page.items.filter((item) => !cards.has(item.id)).map(async (item) => ({ body: item.body || await api.get(address(urls.item, item.id)) })));
  grid.querySelectorAll(".is-skeleton").forEach((node) => node.remove());
  grid.append(...rows.map(makeCard));
  role("position").textContent = `${cards.size} of ${Math.max(0, page.total - page.done) || cards.size} waiting`;
  role("empty").hidden = cards.size > 0;
  drawFoot();
}

async function apply() {
  const { approve, back } = plan();
  const reasonCounts = reasons.map((reason) => [back.filter((card) => marks.get(card.item.id) === reason.id).length, reason.label]).filter(([count]) => count);
  const sure = await askYes({
    title: `Approve ${approve.length}, send back ${back.length}?`,
    lines: [back.length ? `Sent back: ${reasonCounts.map(([count, label]) => `${count} × ${label.toLowerCase()}`).join(", ")}.` : "Nothing is sent back.", "Each is one decision in your name."],
    confirm: `Approve ${approve.length}, send back ${back.length}`,
  });
  if (!sure) return;
  const body = {
    operation,
    approve: approve.map((card) => card.item.id),
    send_back: back.map((card) => ({ id: card.item.id, reasons: [marks.get(card.item.id)], note: "" })),
    bases: Object.fromEntries([...approve, ...back].map((card) => [card.item.id, fingerprints(readShapes(card.body.annotations))])),
  };
  send(body);
}

async function send(body) {
  busy = true;
  drawChoice();
  drawFoot();
  try {
    const { bulk, total } = await api.post(urls.bulk, body);
    closeNotice("bulk");
    operation = newId();
    marks.clear();
    keepPlace();
    follow(bulk, total);
  } catch (error) {
    busy = false;
    drawFoot();
    if (!(error instanceof ApiError)) throw error;
    // The same operation id again: a lost answer does not decide twice.
    notice({
      id: "bulk", tone: "bad", text: `Not saved: ${error.detail} Your marks are kept.`,
      actions: error.kind === "refused" ? [["Reload the grid", reload]] : [["Try again", () => { send(body); }]],
    });
  }
}

async function follow(bulk, total) {
  const place = role("bulk");
  place.hidden = false;
  role("deciding").hidden = true;
  const told = await followBulk({ api, url: address(urls.bulk_state, bulk), place, total });
  place.append(el("button", { type: "button", class: "wb-button is-primary", text: "Next ones", click: reload }));
  place.querySelector("button").focus();
  announce(told);
}

async function reload() {
  cards.clear();
  grid.replaceChildren();
  cursor = null;
  focus = null;
  busy = false;
  role("bulk").hidden = true;
  role("deciding").hidden = false;
  await start();
}

function setColumns() {
  grid.style.setProperty("--columns", slider.value);
  role("columns-words").textContent = `${slider.value} columns`;
  keepPlace();
}

slider.value = kept.columns || 6;
slider.addEventListener("input", setColumns);
onClick("apply", apply);
onClick("more", () => load().catch(tell));
role("scroll").addEventListener("scrollend", keepPlace);
globalThis.addEventListener("pagehide", keepPlace);

const inGrid = () => grid.contains(document.activeElement) || document.activeElement === document.body;
createKeys([
  { id: "move", group: "Grid", label: "Move", fixed: "← → ↑ ↓", keys: ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End"], repeats: true, run: (event) => inGrid() && moveFocus(event) },
  { id: "mark", group: "Grid", label: "Mark as wrong, or take the mark away", keys: [" "], run: () => inGrid() && cards.has(focus) && (toggle(focus), true) },
  { id: "reason", group: "Grid", label: "Reason of the mark", fixed: `1 – ${reasons.length}`, keys: reasons.map((_, index) => String(index + 1)), run: (event) => giveReason(Number(event.key) - 1) },
  { id: "open", group: "Grid", label: "Open in the workbench", keys: ["Enter"], run: () => inGrid() && cards.has(focus) && (open(focus), true) },
  { id: "apply", group: "Grid", label: "Apply", keys: ["a"] },
  { id: "more", group: "Grid", label: "Show more", keys: ["m"] },
  { id: "back", group: "Grid", label: "Back to the task", keys: ["q"] },
  { id: "keys", group: "Grid", label: "This list", keys: ["?"] },
]);

function tell(error) {
  notice({ id: "load", tone: "bad", text: `The queue could not be read. ${error.detail || error.message}`, actions: [["Try again", () => { start(kept); }]] });
}

async function start(place = {}) {
  setColumns();
  grid.replaceChildren(...Array.from({ length: 18 }, () => el("div", { class: "wb-card is-skeleton" }, el("span", { class: "wb-card-picture" }), el("span", { class: "wb-card-foot" }, "\u00a0"))));
  try {
    do await load(); while (cursor && cards.size < (place.count || 0));
  } catch (error) {
    tell(error);
    return;
  }
  for (const id of [...marks.keys()]) if (!cards.has(id)) marks.delete(id);
  drawFoot();
  if (!cards.size) return;
  role("scroll").scrollTop = place.scroll || 0;
  // What was decided meanwhile is gone: the next one stands in its place.
  setFocus(cards.has(place.focus) ? place.focus : ids()[Math.min(cards.size - 1, Math.max(0, place.at || 0))]);
}

start(kept);
