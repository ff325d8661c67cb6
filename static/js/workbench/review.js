/** The review workbench: one item after the other, one key per decision; the next item is here before the answer is. */
import { action as control, address, allow, announce, config, el, icon, refusal, role } from "./dom.js";
import { createApi, createOutbox } from "./api.js";
import { VERDICTS, createDelivery, createNews } from "./delivery.js";
import { askReasons, closeNotice, notice } from "./dialogs.js";
import { applyChanges, bases, changes, newId, plain, readShapes, reasonsOf, withDraft } from "./shapes.js";
import { createFilm, createPanel, when } from "./panel.js";
import { createKept } from "./keep.js";
import { createKeys } from "./keys.js";
import { createQueue } from "./queue.js";
import { createStage } from "./stage.js";

const settings = config();
const { urls, concepts, task, reasons } = settings;
const api = createApi();
const stage = createStage({ concepts, type: task.type });
const panel = createPanel({ stage, concepts, type: task.type, reasons });
const kept = createKept({ scope: `${settings.connection}.review` });
const sessions = new Map(); // item id -> what this page knows of it: operation, edits, decision
const answered = new Map(); // item id -> verdict: sent from this browser; a queue read a moment earlier does not know it
const made = []; // decisions of this page, oldest first, for undo
let session = null;
let turn = 0;
let lastReasons = [];
let finished = false;

const queue = createQueue({ api, urls, state: "awaiting_review", changed: () => {
  for (const item of queue.items) {
    if (answered.has(item.id) && !item.decided) Object.assign(item, { decided: true, state: VERDICTS[answered.get(item.id)].state });
  }
  film.draw();
  drawPosition();
} });
const film = createFilm({ queue, open: (index) => show(index) });
const delivery = createDelivery({ api, url: urls.states, changed: (operation, state) => {
  if (state === "conflict" || state === "failed") tellTrouble(operation, state);
  drawLast();
  drawLight();
  drawUndo();
} });
const outbox = createOutbox({ api, name: `${settings.connection}.review`, changed: onSave });
const { tellRefused, tellTrouble, drawLast, drawLight } = createNews({
  made, delivery, outbox, outboxPage: urls.outbox,
  reopen: ({ item, body }) => reopen(item, sessions.get(item)?.edits || body.changes),
});

/* ---- one item ---- */

function begin(body, list = null) {
  const opened = readShapes(body.annotations);
  const draft = list ? null : kept.read(body.item.id);
  const shapes = list ? applyChanges(opened, list) : draft ? withDraft(opened, draft.shapes) : opened;
  return { id: body.item.id, name: body.item.name, body, operation: newId(), opened, shapes, history: null, decided: answered.get(body.item.id) || null, seen: false, blind: false };
}

/** Brings an item on the canvas: at once where it was prefetched, else with a skeleton of its size. */
async function show(index) {
  const item = queue.go(index);
  if (!item) return finish();
  turn += 1;
  const mine = turn;
  finished = false;
  role("finished").hidden = true;
  const ready = queue.ready(item.id);
  if (ready) {
    open(item, ready.body);
    shine(ready.image);
  } else {
    session = null;
    permit();
    stage.setImage(null);
    let body = null;
    try {
      body = await queue.body(item.id);
    } catch (error) {
      if (mine === turn) stage.say(`${item.name} could not be read. ${error.detail || ""}`, [["Try again", () => show(queue.index)], ["Next", () => control("next").click()]]);
    }
    if (mine !== turn || !body) return undefined;
    open(item, body);
    await showImage(mine);
  }
  setTimeout(() => {
    queue.prefetch();
    film.showPictures();
  });
  return undefined;
}

function open(item, body) {
  const known = sessions.get(item.id);
  session = known || begin(body);
  sessions.set(item.id, session);
  forgetOld();
  session.seen = false;
  panel.compare(session.body);
  const blocked = session.decided ? "This is decided. Undo first." : session.body.can.edit.ok ? "" : session.body.can.edit.why;
  session.history = stage.open(session.body, {
    opened: session.opened, shapes: session.shapes, past: session.history, readonly: blocked,
    before: session.body.returned ? session.body.before : null,
  });
  panel.show(session.body, banner(session.body));
  document.title = `${item.name} · ${task.name}`;
  permit();
}

/** A day's work does not pile up in memory: what was decided long ago can be read again. */
function forgetOld() {
  if (sessions.size < 200) return;
  for (const [id, old] of sessions) {
    if (sessions.size < 150) return;
    if (old.decided && old !== session) sessions.delete(id);
  }
}

function shine(image) {
  session.seen = true;
  stage.setImage(image);
  performance.mark("proofdesk:drawn");
  permit();
}

async function showImage(mine) {
  const { body } = session;
  stage.setImage(null);
  try {
    const image = await queue.image(body.item.id, body.item.image.url, body.item.name);
    if (mine === turn) shine(image);
  } catch {
    if (mine !== turn) return;
    stage.say("The picture could not be loaded. Its shapes are here, and nothing is lost.", [
      ["Try again", () => showImage(turn)],
      ["Decide without the picture", () => { session.blind = true; stage.setImage(null); permit(); announce("You may decide without the picture."); }],
    ]);
    permit();
  }
}

function banner({ returned, before, annotations }) {
  if (!returned) return null;
  const since = panel.compare({ returned, before, annotations }).size;
  return el("div", { class: "wb-banner", data: { tone: "back" } }, icon("changes"), el("div", {},
    el("p", {}, el("b", { text: `Sent back by ${returned.by}` }), ` ${when(returned.at)}`),
    el("p", { text: [panel.reasonWords(returned.reasons), returned.note].filter(Boolean).join(": ") }),
    el("p", { class: "wb-hint", text: Object.keys(before || {}).length ? `${since} ${since === 1 ? "shape" : "shapes"} changed since; before is dashed.` : "" })));
}

/* ---- deciding ---- */

function edits() {
  return session ? changes(session.opened, stage.store.history.value) : [];
}

function blockedBy(verdict) {
  if (!session) return finished ? "Nothing is left to decide." : "Still loading.";
  if (session.decided) return `Already ${VERDICTS[session.decided].word}. Undo (${keys.nameOf("undo")}) to decide again.`;
  if (!session.seen && !session.blind) return "The picture is not here yet.";
  const can = session.body.can[verdict];
  return can.ok ? "" : can.why;
}

function permit() {
  for (const verdict of Object.keys(VERDICTS)) allow(control(verdict), blockedBy(verdict));
  role("approve-words").textContent = edits().length ? "Fix and approve" : "Approve";
  const why = session && !session.decided ? [...new Set(Object.keys(VERDICTS).map(blockedBy))].filter(Boolean) : [];
  role("why").textContent = session?.seen || session?.blind ? why.join(" ") : "";
  drawUndo();
}

function decide(verdict, { reasons: chosen = [], note = "" } = {}) {
  const why = blockedBy(verdict);
  if (why) {
    announce(why);
    return;
  }
  const drawn = edits();
  const { operation, id, name } = session;
  const body = { operation, verdict, reasons: chosen, note, base: bases(session.opened), changes: verdict === "approve" ? drawn : [] };
  answered.set(id, verdict);
  session.decided = verdict;
  session.edits = drawn; // an undo brings them back, sent or not
  made.push({ operation, id, name, verdict, fixed: body.changes.length > 0 });
  queue.mark(id, { state: VERDICTS[verdict].state, decided: true });
  performance.mark("proofdesk:decided");
  advance();
  // After the next item is drawn, in the same turn of the event loop: storing and sending must not delay it.
  delivery.set(operation, "saving");
  outbox.put({ operation, url: address(urls.decisions, id), body, item: id, name, what: VERDICTS[verdict].word });
  kept.clear(id);
  announce(`${name} ${VERDICTS[verdict].word}.`);
}

function advance() {
  const next = queue.nextOpen();
  if (next >= 0) return show(next);
  if (!queue.hasMore) return finish();
  session = null;
  permit();
  return queue.more().then(() => advance(), () => stage.say("The next items could not be read.", [["Try again", advance]]));
}

async function askForChanges() {
  const why = blockedBy("request_changes");
  if (why) {
    announce(why);
    return;
  }
  const asked = session;
  const spoken = reasonsOf(edits());
  const answer = await askReasons({
    title: "Ask for changes", reasons, preset: spoken.length ? spoken : lastReasons, confirm: "Ask for changes",
    noteLabel: "Note for the labeler", hint: spoken.length ? "Your edits are not sent: only an approval carries them." : "",
  });
  if (!answer || session !== asked) return;
  lastReasons = answer.reasons;
  decide("request_changes", answer);
}

async function askReject() {
  if (blockedBy("reject") || !edits().length) {
    decide("reject");
    return;
  }
  notice({ id: "reject", text: "Rejecting leaves your edits behind.", actions: [["Reject anyway", () => decide("reject")], ["Ask for changes instead", () => { askForChanges(); }]] });
}

function finish() {
  session = null;
  finished = true;
  turn += 1;
  stage.clear();
  permit();
  drawPosition();
  const count = (test) => made.filter(test).length;
  const parts = [[count((one) => one.verdict === "approve"), "approved"], [count((one) => one.fixed), "of them fixed"],
    [count((one) => one.verdict === "request_changes"), "sent back"], [count((one) => one.verdict === "reject"), "rejected"]];
  role("finished-title").textContent = queue.counts.total || made.length ? "Everything here is reviewed" : "Nothing waits for review";
  role("finished-text").textContent = made.length
    ? `In this sitting: ${parts.filter(([n], at) => n || at === 0).map(([n, word]) => `${n} ${word}`).join(", ")}.`
    : "What labelers submit next will wait here.";
  role("finished").hidden = false;
  role("finished").querySelector("a").focus();
}

/* ---- taking back ---- */

/** A copy of what was decided is laid over the fresh body, so that no edit is lost when it comes back. */
async function reopen(id, list) {
  answered.delete(id);
  queue.forget(id);
  kept.clear(id);
  queue.mark(id, { decided: false, state: "awaiting_review" });
  const body = await queue.body(id);
  sessions.set(id, begin(body, list));
  await show(await queue.find(id));
}

function undoable() {
  if (session?.decided) return made.findLast((one) => one.id === session.id && !one.undone) || null;
  return made.findLast((one) => !one.undone && delivery.of(one.operation) !== "refused") || null;
}

async function undoDecision() {
  const last = undoable();
  if (!last) {
    announce("No decision to take back.");
    return;
  }
  if (delivery.of(last.operation) === "unsent") {
    notice({ id: "undo", text: `The decision on ${last.name} has not reached the server yet. It can be taken back once it has.` });
    return;
  }
  const outcome = await outbox.whenSettled(last.operation);
  if (!outcome.saved || last.undone) return;
  try {
    await api.post(address(urls.undo, last.operation), {});
    last.undone = true;
    delivery.set(last.operation, "withdrawn");
    announce(`Decision on ${last.name} taken back.`);
    await reopen(last.id, sessions.get(last.id)?.edits || null);
  } catch (error) {
    notice({ id: "undo", tone: "bad", text: `The decision on ${last.name} stays: ${error.detail || error.message}` });
  }
}

/* ---- what happened to decisions ---- */

function onSave(entry, event, answer) {
  const { operation, name, item } = entry;
  if (event === "saved") {
    closeNotice("offline");
    closeNotice(operation);
    delivery.set(operation, answer.delivery);
    const known = sessions.get(item);
    if (!answered.has(item) && known?.operation === operation) { // a refused one that went through the second time
      answered.set(item, entry.body.verdict);
      known.decided = entry.body.verdict;
      queue.mark(item, { decided: true, state: VERDICTS[entry.body.verdict].state });
      if (session === known) permit();
    }
  } else if (event === "waiting") {
    delivery.set(operation, "unsent");
    const count = outbox.waiting.length;
    notice({
      id: "offline", tone: "bad", actions: [["Try now", () => { outbox.flush(); return false; }]],
      text: `${answer.detail} ${count} ${count === 1 ? "decision is" : "decisions are"} kept in this browser and sent as soon as it answers.`,
    });
  } else if (event === "refused") {
    delivery.set(operation, "refused");
    answered.delete(item);
    const known = sessions.get(item);
    if (known?.operation === operation) known.decided = null;
    queue.mark(item, { decided: false, state: "awaiting_review" });
    tellRefused(entry);
    if (session?.id === item) permit();
  }
  drawLight();
}

function drawUndo() {
  control("undo").hidden = !undoable();
}

function drawPosition() {
  const { total } = queue.counts;
  const bar = role("progress");
  const done = queue.counts.done + made.filter((one) => !one.undone).length;
  role("position").textContent = !queue.started ? "" : finished || !total ? `${done} of ${total} done` : `${queue.position} of ${total}`;
  bar.max = Math.max(1, total);
  bar.value = Math.min(total, done);
}

/* ---- wiring ---- */

stage.store.watch((state, previous) => {
  if (!session || state.item !== session.id || session.decided) return;
  if (stage.store.history.value !== session.kept) {
    session.kept = stage.store.history.value;
    if (edits().length) kept.write(session.id, { shapes: plain(session.kept) });
    else if (kept.read(session.id)) kept.clear(session.id);
    permit();
  }
  if (state.item !== previous.item) permit();
});

function on(name, run) {
  control(name).addEventListener("click", () => {
    const why = refusal(control(name));
    if (why) announce(why);
    else run();
  });
}
on("approve", () => decide("approve"));
on("request_changes", askForChanges);
on("reject", askReject);
on("undo", undoDecision);
on("next", () => { if (queue.index < queue.items.length - 1) show(queue.index + 1); else if (queue.hasMore) queue.more().then(() => show(queue.index + 1)); else finish(); });
on("previous", () => { if (finished) show(queue.items.length - 1); else if (queue.index > 0) show(queue.index - 1); });

const asked = new URLSearchParams(globalThis.location.search);
const grid = control("grid");
if (urls.grid) grid.href = urls.grid;
control("back").href = asked.get("from") === "grid" ? grid.href : urls.home;

const keys = createKeys([
  { id: "approve", group: "Decide", label: "Approve, with your edits if there are any", keys: ["a"] },
  { id: "request_changes", group: "Decide", label: "Ask for changes (then 1 – 5, Enter)", keys: ["r"] },
  { id: "reject", group: "Decide", label: "Reject", keys: ["x"] },
  { id: "undo", group: "Decide", label: "Take back an edit, then the last decision", keys: ["z", "Ctrl+z"],
    run: () => control(stage.store.canUndo ? "edit-undo" : "undo").click() },
  { id: "next", group: "Move on", label: "Next item", keys: ["j"], repeats: true },
  { id: "previous", group: "Move on", label: "Previous item", keys: ["k"], repeats: true },
  { id: "grid", group: "Move on", label: "Grid", keys: ["g"] },
  { id: "back", group: "Move on", label: "Back to the task", keys: ["q"] },
  ...stage.actions,
]);

async function start() {
  drawLight();
  for (const entry of outbox.refused) tellRefused(entry);
  for (const entry of outbox.waiting) answered.set(entry.item, entry.body.verdict);
  outbox.flush();
  const wanted = Number(asked.get("item")) || settings.start;
  try {
    if (wanted) return await show(await queue.find(wanted));
    await queue.more();
  } catch (error) {
    return stage.say(`The queue could not be read. ${error.detail || ""}`, [["Try again", start]]);
  }
  const first = queue.items.findIndex((item) => !item.decided);
  return first >= 0 ? show(first) : finish();
}

// Read by the benchmark: what stands on the canvas now.
globalThis.proofdesk = { queue, store: stage.store, delivery, outbox, get item() { return session?.id ?? null; } };
start();
