/** Review of inputs that several people labeled: one input after the other, one key per object, one decision for all. */
import { action as control, address, allow, announce, config, el, icon, onClick, role } from "../workbench/dom.js";
import { ApiError, createApi, withQuery } from "../workbench/api.js";
import { askReasons, closeNotice, notice } from "../workbench/dialogs.js";
import { conceptBook } from "../workbench/render.js";
import { createKeys } from "../workbench/keys.js";
import { followBulk } from "../workbench/bulk.js";
import { newId } from "../workbench/shapes.js";
import { createBoard } from "./board.js";
import { createRows, drawPeople } from "./rows.js";
import { firstPicks, markOf, nextOpen, undecided } from "./picks.js";

const settings = config();
const { urls, concepts, reasons } = settings;
const api = createApi();
const conceptOf = conceptBook(concepts);
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const queue = { rows: [], next: "0", at: -1 };
const made = []; // settlements of this page, oldest first, for undo
let open = null; // {input, labelers, rows, picks, at, operation, busy}
let lastReasons = [];

function letterOf(item) {
  const place = open ? open.labelers.findIndex((one) => one.item === item) : -1;
  return LETTERS[place] || "?";
}

const board = createBoard({ board: role("board"), conceptOf, letterOf, chosen: (id) => focusRow(open.rows.findIndex((row) => row.id === id)) });
const list = createRows({ place: role("rows"), conceptOf, letterOf, pick, focus: focusRow });

/* ---- the queue ---- */

async function more() {
  if (queue.next === null) return;
  const page = await api.get(withQuery(urls.queue, { after: queue.next }));
  const known = new Set(queue.rows.map((row) => row.id));
  queue.rows.push(...page.inputs.filter((row) => !known.has(row.id)));
  queue.next = page.next;
}

function drawFilm() {
  role("film").replaceChildren(...queue.rows.map((row, index) => el("button", {
    type: "button", class: "wb-frame", "aria-current": index === queue.at ? "true" : null, click: () => go(index),
  }, el("img", { class: "wb-frame-image", src: row.thumb, alt: "", loading: "lazy" }),
  el("span", { class: "wb-frame-name", text: row.name }),
  row.done && el("span", { class: "wb-frame-state" }, el("span", { class: "wb-state", data: { state: row.done } }, icon(row.done === "approved" ? "approved" : "changes"), el("span", { text: row.done === "approved" ? "settled" : "changes asked" }))))));
  role("film").querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  role("position").textContent = queue.rows.length ? `${queue.at + 1} of ${queue.rows.length}${queue.next === null ? "" : "+"}` : "";
}

async function go(index) {
  if (index >= queue.rows.length - 3) await more().catch(() => { /* the next step asks again */ });
  if (!queue.rows[index]) {
    announce(index < 0 ? "This is the first input." : "This is the last input.");
    return;
  }
  queue.at = index;
  drawFilm();
  await load(queue.rows[index]);
}

function step(direction) {
  let index = queue.at + direction;
  while (direction > 0 && queue.rows[index]?.done) index += 1;
  return go(index);
}

/* ---- one input ---- */

async function load(row) {
  open = null;
  board.clear();
  say("Reading everybody's shapes…");
  role("input-name").textContent = row.name;
  drawAll();
  let body;
  try {
    body = await api.get(address(urls.input, row.id));
  } catch (error) {
    if (queue.rows[queue.at] === row) say(`This input could not be read. ${error.detail || error.message}`, [["Try again", () => load(row)], ["Next input", () => step(1)]]);
    return;
  }
  if (queue.rows[queue.at] !== row) return; // somebody has moved on
  if (!body.input.image.width) Object.assign(body.input.image, await measured(body.input.image.url));
  open = { ...body, picks: firstPicks(body.rows), at: 0, operation: newId(), busy: false };
  open.at = Math.max(0, nextOpen(open.rows, open.picks, -1));
  hush();
  board.open(open);
  drawAll();
  list.focusOn(open.at);
  const left = undecided(open.rows, open.picks).length;
  announce(`${body.input.name}: ${open.rows.length} objects of ${open.labelers.length} people, ${left} to decide.`);
}

/** The platform did not tell the size: the picture does. */
function measured(url) {
  return new Promise((resolve) => {
    const image = new Image();
    image.onload = () => resolve({ width: image.naturalWidth, height: image.naturalHeight });
    image.onerror = () => resolve({ width: 640, height: 480 });
    image.src = url;
  });
}

function say(text, buttons = []) {
  const place = role("message");
  place.replaceChildren(icon("image"), el("p", { text }), el("div", {}, ...buttons.map(([words, run]) => el("button", { type: "button", class: "wb-button", text: words, click: run }))));
  place.hidden = false;
}

function hush() {
  role("message").hidden = true;
}

function focusRow(index) {
  if (!open?.rows[index]) return;
  open.at = index;
  drawAll();
}

function moveRow(direction) {
  if (!open?.rows.length) return true;
  focusRow((open.at + direction + open.rows.length) % open.rows.length);
  const row = open.rows[open.at];
  announce(`${row.groups.map((group) => conceptOf(group.concept).name).join(" or ")}, ${open.at + 1} of ${open.rows.length}${open.picks.has(row.id) ? "" : ", to decide"}`);
  list.focusOn(open.at);
  return true;
}

function pick(row, key) {
  if (!open || open.busy) return;
  open.picks.set(row.id, key);
  open.at = open.rows.indexOf(row);
  const whose = key && open.labelers.find((one) => key.startsWith(`${one.item}/`));
  announce(`${whose ? `${whose.name}'s stands` : "None stands"}. ${undecided(open.rows, open.picks).length} to decide.`);
  drawAll();
}

function pickNumber(number) {
  const row = open?.rows[open.at];
  if (!row) return false;
  if (number === 0) {
    pick(row, null);
    return true;
  }
  const labeler = open.labelers[number - 1];
  if (!labeler) return false;
  const mark = markOf(row, labeler.item);
  if (mark) pick(row, mark.key);
  else announce(`${labeler.name} did not draw this.`);
  return true;
}

function toOpen() {
  if (!open) return;
  const at = nextOpen(open.rows, open.picks, open.at);
  if (at < 0) announce("Everything is decided.");
  else focusRow(at);
}

/* ---- deciding ---- */

function whyNot() {
  if (!open) return "Nothing is open.";
  if (open.busy) return "This is being saved.";
  if (queue.rows[queue.at].done) return "This is settled. Undo first.";
  const waiting = open.labelers.filter((one) => one.state === "awaiting_review");
  if (waiting.length < 2) return "Fewer than two people's work waits for review here.";
  return waiting.map((one) => one.why_not).find(Boolean) || "";
}

function permit() {
  const why = whyNot();
  const left = open ? undecided(open.rows, open.picks).length : 0;
  allow(control("send-back"), why);
  allow(control("settle"), why || (left ? `${left} still to decide: key N goes there.` : ""));
  role("why").textContent = open ? why || (left ? `${left} still to decide` : "") : "";
  control("undo").hidden = !made.some((one) => !one.undone);
}

function drawAll() {
  const { rows = [], labelers = [], picks = new Map(), at = 0 } = open || {};
  const left = undecided(rows, picks).length;
  role("open-count").textContent = !rows.length ? "" : left ? `${left} to decide` : "all decided";
  role("no-rows").hidden = !open || rows.length > 0;
  board.show({ picks, focus: rows[at]?.id ?? null });
  drawPeople({ place: role("people"), labelers, rows, picks, letterOf });
  list.draw({ rows, labelers: labelers.filter((one) => one.state === "awaiting_review"), picks, at });
  permit();
}

function basesOf(whole) {
  const waiting = open.labelers.filter((one) => one.state === "awaiting_review");
  const cut = (bases) => Object.fromEntries(Object.entries(bases).map(([id, base]) => [id, base.split(":")[0]]));
  return Object.fromEntries(waiting.map((one) => [one.item, whole ? one.bases : cut(one.bases)]));
}

async function store(url, body, done, words) {
  const row = queue.rows[queue.at];
  const settled = open;
  open.busy = true;
  permit();
  try {
    const answer = await api.post(url, body);
    closeNotice("store");
    row.done = done;
    made.push({ operation: body.operation, row, words });
    follow(answer.bulk, Object.keys(body.bases).length, `${row.name} ${words}`);
    await step(1);
    if (queue.rows[queue.at] === row) finished();
  } catch (error) {
    settled.busy = false;
    if (!(error instanceof ApiError)) throw error;
    // The same operation id again: a lost answer does not decide twice.
    const again = error.kind === "refused" ? ["Load this input again", () => load(row)] : ["Try again", () => { store(url, body, done, words); }];
    notice({ id: "store", tone: "bad", text: `Not saved: ${error.detail}`, actions: [again] });
  }
  drawFilm();
  permit();
}

async function follow(bulk, total, words) {
  const place = el("span", { class: "wb-delivery" });
  role("last").replaceChildren(el("b", { text: words }), place);
  await followBulk({ api, url: address(urls.bulk_state, bulk), place, total });
}

function settle() {
  const picks = Object.fromEntries(open.picks);
  store(address(urls.input, open.input.id), { operation: open.operation, picks, bases: basesOf(true) }, "approved", "settled");
}

async function askAll() {
  const session = open;
  const answer = await askReasons({
    title: "Ask everybody for changes", reasons, preset: lastReasons, confirm: "Ask for changes", noteLabel: "Note for the labelers",
  });
  if (!answer || session !== open) return;
  lastReasons = answer.reasons;
  const bases = basesOf(false);
  const back = Object.keys(bases).map((item) => ({ id: Number(item), ...answer }));
  store(urls.bulk, { operation: open.operation, approve: [], send_back: back, bases }, "changes_asked", "sent back to all");
}

async function undo() {
  const last = made.findLast((one) => !one.undone);
  if (!last) {
    announce("Nothing to take back.");
    return;
  }
  try {
    await api.post(address(urls.undo, last.operation), {});
  } catch (error) {
    notice({ id: "undo", tone: "bad", text: `${last.row.name} stays as it is: ${error.detail || error.message}` });
    return;
  }
  last.undone = true;
  last.row.done = null;
  role("last").replaceChildren(el("b", { text: `${last.row.name} taken back` }));
  await go(queue.rows.indexOf(last.row));
}

function finished() {
  board.clear();
  open = null;
  drawAll();
  const some = made.some((one) => !one.undone);
  say(some ? "Everything that several people labeled is settled." : "No input waits here. Inputs appear once two people have submitted the same one.",
    [["Back to the task", () => { globalThis.location.href = urls.home; }]]);
}

/* ---- wiring ---- */

onClick("settle", settle);
onClick("send-back", askAll);
onClick("undo", undo);
onClick("next", () => step(1));
onClick("previous", () => step(-1));
onClick("zoom-in", () => board.zoom(1.25));
onClick("zoom-out", () => board.zoom(0.8));
onClick("fit", () => board.fit());
onClick("side", () => {
  board.toggleSide();
  control("side").setAttribute("aria-pressed", String(board.side));
});

const inList = () => role("rows").contains(document.activeElement) || document.activeElement === document.body;
createKeys([
  { id: "settle", group: "Decide", label: "Store: these stand", keys: ["Enter"] },
  { id: "whose", group: "Decide", label: "This labeler's shape stands (0: none)", fixed: "0 – 9",
    keys: [..."0123456789"], run: (event) => pickNumber(Number(event.key)) },
  { id: "open", group: "Decide", label: "Next one to decide", keys: ["n"], run: () => { toOpen(); return true; } },
  { id: "send-back", group: "Decide", label: "Ask everybody for changes", keys: ["r"] },
  { id: "undo", group: "Decide", label: "Take the last one back", keys: ["z", "Ctrl+z"] },
  { id: "rows", group: "Move on", label: "Next or previous object", fixed: "↑ ↓", keys: ["ArrowDown", "ArrowUp"], repeats: true,
    run: (event) => inList() && moveRow(event.key === "ArrowDown" ? 1 : -1) },
  { id: "next", group: "Move on", label: "Next input", keys: ["j", "ArrowRight"] },
  { id: "previous", group: "Move on", label: "Previous input", keys: ["k", "ArrowLeft"] },
  { id: "back", group: "Move on", label: "Back to the task", keys: ["q"] },
  { id: "side", group: "View", label: "Side by side, or laid over each other", keys: ["s"] },
  { id: "zoom-in", group: "View", label: "Zoom in", keys: ["+", "="], repeats: true },
  { id: "zoom-out", group: "View", label: "Zoom out", keys: ["-"], repeats: true },
  { id: "fit", group: "View", label: "Fit the picture", keys: ["f"] },
  { id: "keys", group: "View", label: "This list", keys: ["?"] },
]);

async function start() {
  say("Looking for inputs that several people labeled…");
  try {
    await more();
  } catch (error) {
    say(`The queue could not be read. ${error.detail || error.message}`, [["Try again", start]]);
    return;
  }
  if (queue.rows.length) await go(0);
  else finished();
}

start();
