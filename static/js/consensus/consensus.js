/** Review of inputs that several people labeled: one input after the other, one key per object, one decision for all. */
import { action as control, address, allow, announce, config, el, icon, onClick, role } from "../workbench/dom.js";
import { ApiError, createApi } from "../workbench/api.js";
import { askReasons, closeNotice, notice } from "../workbench/dialogs.js";
import { conceptBook } from "../workbench/render.js";
import { createKeys } from "../workbench/keys.js";
import { followBulk } from "../workbench/bulk.js";
import { newId } from "../workbench/shapes.js";
import { createBoard } from "./board.js";
import { createInputs } from "./inputs.js";
import { createRows, drawPeople } from "./rows.js";
import { markOf, nextOpen, picksAgain, undecided } from "./picks.js";

const settings = config();
const { urls, concepts, reasons } = settings;
const api = createApi();
const conceptOf = conceptBook(concepts);
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const GLANCE = 400; // milliseconds: an Enter so soon was meant for the input before
const STEP = 60; // pixels that a key moves the picture
const made = []; // settlements of this page, oldest first, for undo: {operation, row, undone, sent}
let open = null; // {input, labelers, rows, picks, at, operation, busy, since}
let turn = 0; // of opening inputs: an answer that comes late belongs to an older one
let lastReasons = [];

function letterOf(item) {
  const place = open ? open.labelers.findIndex((one) => one.item === item) : -1;
  return LETTERS[place] || "?";
}

const board = createBoard({ board: role("board"), conceptOf, letterOf, chosen: (id) => focusRow(open.rows.findIndex((row) => row.id === id)) });
const list = createRows({ place: role("rows"), conceptOf, letterOf, pick, focus: focusRow });

const inputs = createInputs({ api, url: urls.queue, open: (row) => load(row) });

async function step(direction) {
  if (!await inputs.step(direction)) announce(direction < 0 ? "This is the first input." : "This is the last input.");
}

/* ---- one input ---- */

/** `blind`: the reviewer goes on without the picture. */
async function load(row, blind = false) {
  turn += 1;
  const mine = turn;
  leave();
  role("input-name").textContent = row.name;
  const slow = setTimeout(() => say("Reading everybody's shapes…"), 250); // what is here sooner does not flash
  const fail = (words, buttons = []) => say(words, [["Try again", () => load(row)], ...buttons, ["Next input", () => step(1)]]);
  try {
    const body = await api.get(address(urls.input, row.id));
    const { image } = body.input;
    const size = mine === turn && await sizeOf(image.url);
    if (mine !== turn) return; // somebody has moved on
    if (!size && !blind) fail("The picture could not be loaded. Nothing is lost.", [["Decide without it", () => load(row, true)]]);
    else begin(row, { ...body, input: { ...body.input, image: image.width ? image : { ...image, ...(size || { width: 640, height: 480 }) } } });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (mine === turn) fail(`This input could not be read. ${error.detail}`);
  } finally {
    clearTimeout(slow);
  }
}

/** The size of a picture once it is here, or null where it does not come. */
function sizeOf(url) {
  return new Promise((resolve) => {
    const image = new Image();
    image.onload = () => resolve({ width: image.naturalWidth, height: image.naturalHeight });
    image.onerror = () => resolve(null);
    image.src = url;
  });
}

function begin(row, body) {
  row.picks ||= new Map(); // the reviewer's own, for a return or an undo
  row.closed = body.waiting < 2;
  open = { ...body, picks: picksAgain(body.rows, row.picks), at: 0, operation: newId(), busy: false, since: performance.now() };
  open.at = Math.max(0, nextOpen(open.rows, open.picks, -1));
  hush();
  board.open(open);
  drawAll();
  list.focusOn(open.at);
  announce(body.waiting ? `${body.input.name}: ${open.rows.length} ${open.rows.length === 1 ? "object" : "objects"} of ${open.labelers.length} people, ${undecided(open.rows, open.picks).length} to decide.`
    : `${body.input.name}: nothing waits for review here.`);
}

function leave() {
  open = null;
  board.clear();
  hush();
  drawAll();
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
  inputs.current.picks.set(row.id, key);
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
  if (inputs.current.done) return "This is settled. Undo first.";
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
  control("undo").hidden = !undoable();
}

function drawAll() {
  const { rows = [], labelers = [], picks = new Map(), at = 0 } = open || {};
  const left = undecided(rows, picks).length;
  role("open-count").textContent = !rows.length ? "" : left ? `${left} to decide` : "all decided";
  role("no-rows").hidden = !open || rows.length > 0;
  role("no-rows").textContent = open?.waiting ? "Nobody drew anything here." : "Nothing waits for review here.";
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

/** `one`: {row, session, url, body, done, words}. The operation id stays, so that a lost answer does not decide twice. */
async function store(one) {
  const { row, session, url, body, done, words } = one;
  session.busy = true;
  permit();
  try {
    const answer = await api.post(url, body);
    closeNotice("store");
    row.done = done;
    const last = { operation: body.operation, row };
    made.push(last);
    follow(answer.bulk, Object.keys(body.bases).length, `${row.name} ${words}`, last);
    if (open === session) await onward(); // else the reviewer looks at another one by now
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    session.busy = false;
    const again = error.kind === "refused" ? ["Load this input again", () => { inputs.show(row); }] : ["Try again", () => { store(one); }];
    notice({ id: "store", tone: "bad", text: `${row.name} is not saved: ${error.detail}`, actions: [again] });
  }
  inputs.draw();
  permit();
}

async function onward() {
  try {
    if (!await inputs.onward()) finished();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    leave();
    say(`The next inputs could not be read. ${error.detail}`, [["Try again", onward]]);
  }
}

async function follow(bulk, total, words, last) {
  const place = el("span", { class: "wb-delivery" });
  role("last").replaceChildren(el("b", { text: words }), place);
  const told = await followBulk({ api, url: address(urls.bulk_state, bulk), place, total });
  place.dataset.tone = told.endsWith("confirmed") ? "good" : "bad";
  last.sent = true;
  permit();
}

/** The last one that may still be here: what the platform has answered can no longer be taken back. */
function undoable() {
  return made.findLast((one) => !one.undone && !one.sent) || null;
}

function settle() {
  if (performance.now() - open.since < GLANCE) {
    announce("This input has only just come. Press again to settle it.");
    return;
  }
  const body = { operation: open.operation, picks: Object.fromEntries(open.picks), bases: basesOf(true) };
  store({ row: inputs.current, session: open, url: address(urls.input, open.input.id), body, done: "approved", words: "settled" });
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
  const body = { operation: open.operation, approve: [], send_back: back, bases };
  store({ row: inputs.current, session, url: urls.bulk, body, done: "changes_asked", words: "sent back to all" });
}

async function undo() {
  const last = undoable();
  if (!last) {
    announce("Nothing to take back.");
    return;
  }
  last.undone = true; // at once: the key pressed again means the one before
  try {
    await api.post(address(urls.undo, last.operation), {});
  } catch (error) {
    last.undone = false;
    notice({ id: "undo", tone: "bad", text: `${last.row.name} stays as it is: ${error.detail || error.message}` });
    return;
  }
  last.row.done = null;
  role("last").replaceChildren(el("b", { text: `${last.row.name} taken back` }));
  await inputs.show(last.row);
}

function finished() {
  turn += 1;
  leave();
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

function pan(key) {
  const [x, y] = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[key];
  board.pan(x * STEP, y * STEP);
}

const inList = () => role("rows").contains(document.activeElement) || document.activeElement === document.body;
createKeys([
  { id: "settle", group: "Decide", label: "Store: these stand", keys: ["Enter"] },
  { id: "whose", group: "Decide", label: "This labeler's shape stands (0: none)", fixed: "A – E or 0 – 9",
    keys: [..."0123456789abcde"], run: ({ key }) => pickNumber(/\d/.test(key) ? Number(key) : LETTERS.indexOf(key.toUpperCase()) + 1) },
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
  { id: "pan", group: "View", label: "Move the view", fixed: "Shift ← → ↑ ↓", repeats: true,
    keys: ["Left", "Right", "Up", "Down"].map((way) => `Shift+Arrow${way}`), run: (event) => pan(event.key) },
  { id: "keys", group: "View", label: "This list", keys: ["?"] },
]);

async function start() {
  say("Looking for inputs that several people labeled…");
  try {
    await inputs.more();
  } catch (error) {
    say(`The queue could not be read. ${error.detail || error.message}`, [["Try again", start]]);
    return;
  }
  await onward();
}

start();
