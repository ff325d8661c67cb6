/** The label workbench: draw, submit or skip; every change is kept at once, here and on the server. */
import { action as control, address, allow, announce, config, el, icon, refusal, role } from "./dom.js";
import { createApi, createOutbox, withQuery } from "./api.js";
import { askReasons, askYes, closeNotice, notice } from "./dialogs.js";
import { bases, changes, newId, plain, readShapes, withDraft } from "./shapes.js";
import { createDrafts } from "./drafts.js";
import { createFilm, createPanel, when } from "./panel.js";
import { createKeys } from "./keys.js";
import { createQueue } from "./queue.js";
import { createStage } from "./stage.js";

const settings = config();
const { urls, concepts, task, reasons } = settings;
const api = createApi();
const stage = createStage({ concepts, type: task.type });
const panel = createPanel({ stage, concepts, type: task.type, reasons });
const sessions = new Map();
const answered = new Map(); // item id -> state: sent from this browser; a queue read a moment earlier does not know it
let session = null;
let turn = 0;
let finished = false;
let last = null;
let done = 0;

const queue = createQueue({ api, urls: { ...urls, queue: withQuery(urls.queue, { mode: "label" }) }, changed: () => {
  for (const item of queue.items) {
    if (answered.has(item.id) && !item.decided) Object.assign(item, { decided: true, state: answered.get(item.id) });
  }
  film.draw();
  drawPosition();
} });
const film = createFilm({ queue, open: (index) => show(index) });
const outbox = createOutbox({ api, name: `${settings.connection}.label`, changed: onSave });
const drafts = createDrafts({
  api, urls, scope: `${settings.connection}.label`, conflict: offerDraft, saved: () => drawLight(),
});

/* ---- one item ---- */

async function show(index) {
  const item = queue.go(index);
  if (!item) return finish();
  turn += 1;
  const mine = turn;
  finished = false;
  role("finished").hidden = true;
  let ready = queue.ready(item.id);
  if (!ready) {
    session = null;
    stage.setImage(null);
    permit();
    try {
      ready = { body: await queue.body(item.id), image: null };
    } catch (error) {
      if (mine === turn) stage.say(`${item.name} could not be read. ${error.detail || ""}`, [["Try again", () => show(queue.index)], ["Next", () => control("next").click()]]);
    }
    if (mine !== turn || !ready) return undefined;
  }
  const fresh = !sessions.has(item.id);
  open(item, ready.body);
  const opened = session;
  if (ready.image) shine(ready.image);
  else await showImage(mine);
  if (fresh) restore(opened);
  setTimeout(() => {
    queue.prefetch();
    film.showPictures();
  });
  return undefined;
}

function open(item, body) {
  const known = sessions.get(item.id);
  if (!known) {
    const opened = readShapes(body.annotations);
    const draft = drafts.local(item.id);
    sessions.set(item.id, {
      id: item.id, name: item.name, body, operation: newId(), opened, history: null, decided: null, seen: false, blind: false,
      shapes: draft ? withDraft(opened, draft.shapes) : opened,
    });
  }
  session = sessions.get(item.id);
  session.seen = false;
  panel.compare({ before: {}, returned: null, annotations: [] });
  draw();
  panel.show(session.body, banner(session.body));
  document.title = `${item.name} · ${task.name}`;
}

function draw() {
  const can = session.body.can.submit || session.body.can.edit;
  const blocked = session.decided ? "This item is done." : can.ok ? "" : can.why;
  session.history = stage.open(session.body, {
    opened: session.opened, shapes: session.shapes, past: session.history, readonly: blocked,
  });
  session.kept = stage.store.history.value;
  permit();
}

/** The server may know a draft from another window; the one of this browser is on the canvas already. */
async function restore(one) {
  const before = one.history.value;
  const found = await drafts.restore(one.id);
  if (!found || one.decided) return;
  if (found.theirs) {
    offerDraft(one.id, found.theirs);
  } else if (one.history.value === before && changes(before, withDraft(one.opened, found.shapes)).length) {
    use(one, found.shapes);
  }
}

function use(one, shapes) {
  one.shapes = withDraft(one.opened, shapes);
  one.history = null;
  if (session === one) draw();
  announce("Your draft is back.");
}

function offerDraft(id, theirs) {
  const one = sessions.get(id);
  if (!one || one.decided) return;
  notice({
    id: `draft ${id}`, tone: "bad", text: `A newer draft of ${one.name} was saved in another window (${when(theirs.saved_at)}, ${theirs.shapes.length} shapes). Yours is kept here until you choose.`,
    actions: [
      ["Use the newer one", () => { drafts.settle(id, theirs, "theirs"); use(one, theirs.shapes); }],
      ["Keep mine", () => { drafts.settle(id, theirs, "mine"); }],
    ],
  });
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
    stage.say("The picture could not be loaded. Your shapes are kept.", [
      ["Try again", () => showImage(turn)],
      ["Skip it", () => control("skip").click()],
      ["Go on without the picture", () => { session.blind = true; stage.setImage(null); permit(); }],
    ]);
    permit();
  }
}

function banner({ returned, item }) {
  if (!returned || item.state === "awaiting_review") return null;
  return el("div", { class: "wb-banner" }, icon("changes"), el("div", {},
    el("p", {}, el("b", { text: `${returned.by} asks for changes` }), ` ${when(returned.at)}`),
    el("p", { text: panel.reasonWords(returned.reasons) }),
    returned.note ? el("p", { text: returned.note }) : null));
}

/* ---- submit and skip ---- */

function blocked(needsPicture) {
  if (!session) return finished ? "Nothing is left to label." : "Still loading.";
  if (session.decided) return `Already ${session.decided}.`;
  if (needsPicture && !session.seen && !session.blind) return "The picture is not here yet.";
  const can = session.body.can.submit || session.body.can.edit;
  return can.ok ? "" : can.why;
}

function permit() {
  allow(control("submit"), blocked(true));
  allow(control("skip"), blocked(false));
  role("why").textContent = session && !session.decided && (session.seen || session.blind) ? blocked(true) : "";
}

async function submit() {
  const one = session;
  const shapes = stage.store.history.value;
  if (stage.store.state.sketch) {
    announce("Finish the outline first, or leave it with Esc.");
    return;
  }
  if (!shapes.length && !one.empty) {
    const sure = await askYes({
      title: "No objects here?", lines: ["Nothing is drawn and nothing is said about the whole image."],
      confirm: "Submit it empty", cancel: "Back",
    });
    if (!sure || session !== one) return;
    one.empty = true;
  }
  const { operation, id } = one;
  const body = { operation, shapes: plain(shapes), base: bases(one.opened) };
  leave(one, "submitted", { operation, url: address(urls.submission, id), body, state: "awaiting_review" });
}

async function skip() {
  const one = session;
  const answer = await askReasons({ title: "Skip this one", reasons: settings.skip_reasons, confirm: "Skip", single: true });
  if (!answer || session !== one) return;
  leave(one, "skipped", { operation: one.operation, url: address(urls.skip, one.id), body: { reason: answer.reasons[0], note: answer.note }, state: "skipped" });
}

function leave(one, what, entry) {
  one.decided = what;
  answered.set(one.id, entry.state);
  done += 1;
  last = { name: one.name, what, state: entry.state, delivery: "saving", operation: entry.operation };
  queue.mark(one.id, { decided: true, state: entry.state });
  performance.mark("proofdesk:decided");
  advance();
  outbox.put({ ...entry, item: one.id, name: one.name, what });
  announce(`${one.name} ${what}.`);
  drawLast();
  drawLight();
}

function advance() {
  const next = queue.nextOpen();
  if (next >= 0) return show(next);
  if (!queue.hasMore) return finish();
  session = null;
  permit();
  return queue.more().then(() => advance(), () => stage.say("The next items could not be read.", [["Try again", advance]]));
}

function finish() {
  session = null;
  finished = true;
  turn += 1;
  stage.clear();
  permit();
  drawPosition();
  role("finished-title").textContent = done ? "All of your work is done" : "Nothing waits for you";
  role("finished-text").textContent = done
    ? `${done} ${done === 1 ? "item" : "items"} in this sitting. What reviewers send back appears here again.`
    : "New work appears here when it is handed to you.";
  role("finished").hidden = false;
  role("finished").querySelector("a").focus();
}

function onSave(entry, event, answer) {
  const { operation, name, item } = entry;
  const one = sessions.get(item);
  if (event === "saved") {
    closeNotice("offline");
    closeNotice(operation);
    drafts.clear(item);
    if (last?.operation === operation) last.delivery = "saved";
  } else if (event === "waiting") {
    if (last?.operation === operation) last.delivery = "unsent";
    const count = outbox.waiting.length;
    notice({
      id: "offline", tone: "bad", actions: [["Try now", () => { outbox.flush(); return false; }]],
      text: `${answer.detail} ${count} ${count === 1 ? "item is" : "items are"} kept in this browser and sent as soon as it answers.`,
    });
  } else if (event === "refused") {
    answered.delete(item);
    if (one?.operation === operation) Object.assign(one, { decided: null, operation: newId() });
    done = Math.max(0, done - 1);
    queue.mark(item, { decided: false, state: one?.body.item.state || "in_progress" });
    if (last?.operation === operation) last.delivery = "refused";
    tellRefused(entry);
  }
  drawLast();
  drawLight();
}

function tellRefused({ operation, name, item, body, refused, what }) {
  notice({
    id: operation, tone: "bad", text: `${name} was not ${what}: ${refused} Your work on it is kept here.`,
    actions: [
      ["Open it", () => {
        outbox.drop(operation);
        if (body.shapes) drafts.keep(item, body.shapes);
        sessions.delete(item);
        queue.forget(item);
        queue.find(item).then(show);
      }],
      ["Try again", () => { outbox.again(operation); }],
      ["Discard", () => { outbox.drop(operation); }],
    ],
  });
}

function drawLast() {
  if (!last) return;
  const words = { saving: "saving", unsent: "not saved yet, kept in this browser", saved: last.what === "skipped" ? "kept here" : "saved here, goes to the platform by itself", refused: "refused" };
  const tone = { saved: "good", refused: "bad" }[last.delivery] || "wait";
  role("last").replaceChildren(
    el("span", { class: "wb-state", data: { state: last.state } }, icon(last.what === "skipped" ? "skip" : "approved"), el("span", {}, el("b", { text: last.name }), ` ${last.what}`)),
    el("span", { class: "wb-delivery", data: { tone, delivery: last.delivery }, text: words[last.delivery] }));
}

function drawLight() {
  const waiting = outbox.waiting.length;
  const bad = outbox.refused.length;
  const dirty = session && drafts.local(session.id)?.dirty;
  const light = role("light");
  light.dataset.tone = bad ? "bad" : waiting || dirty ? "wait" : "good";
  light.textContent = bad ? `${bad} need you` : waiting ? `${waiting} saving` : dirty ? "draft kept here" : session && drafts.local(session.id) ? "draft saved" : "all saved";
}

function drawPosition() {
  const open = queue.items.filter((item) => !item.decided).length;
  role("position").textContent = finished ? `${done} done` : queue.started ? `${done} done · ${open}${queue.hasMore ? "+" : ""} to go` : "";
  role("progress").max = Math.max(1, done + open);
  role("progress").value = done;
}

/* ---- wiring ---- */

stage.store.watch((state) => {
  if (!session || state.item !== session.id || session.decided || !session.kept) return;
  if (stage.store.history.value === session.kept) return;
  session.kept = stage.store.history.value;
  drafts.keep(session.id, plain(session.kept));
  drawLight();
});

function on(name, run) {
  control(name).addEventListener("click", () => {
    const why = refusal(control(name));
    if (why) announce(why);
    else run();
  });
}
on("submit", submit);
on("skip", skip);
on("next", () => { if (queue.index < queue.items.length - 1) show(queue.index + 1); else if (queue.hasMore) queue.more().then(() => show(queue.index + 1)); });
on("previous", () => { if (finished) show(queue.items.length - 1); else if (queue.index > 0) show(queue.index - 1); });

createKeys([
  { id: "submit", group: "Label", label: "Submit", keys: ["s"] },
  { id: "skip", group: "Label", label: "Skip, with a reason", keys: ["x"] },
  { id: "undo", group: "Label", label: "Undo an edit", keys: ["z", "Ctrl+z"], run: () => control("edit-undo").click() },
  { id: "next", group: "Move on", label: "Next item", keys: ["j"], repeats: true },
  { id: "previous", group: "Move on", label: "Previous item", keys: ["k"], repeats: true },
  { id: "back", group: "Move on", label: "Back to the task", keys: ["q"] },
  ...stage.actions,
]);

async function start() {
  drawLight();
  for (const entry of outbox.refused) tellRefused(entry);
  for (const entry of outbox.waiting) answered.set(entry.item, entry.state);
  outbox.flush();
  const wanted = Number(new URLSearchParams(globalThis.location.search).get("item")) || settings.start;
  try {
    if (wanted) return await show(await queue.find(wanted));
    await queue.more();
  } catch (error) {
    return stage.say(`Your work could not be read. ${error.detail || ""}`, [["Try again", start]]);
  }
  const first = queue.items.findIndex((item) => !item.decided);
  return first >= 0 ? show(first) : finish();
}

if (task.type !== "classes") stage.tools.choose(task.type === "polygons" ? "polygon" : "box");
start();
