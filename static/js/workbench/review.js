/** The review workbench: one item after the other, one key per decision; the next item is here before the answer is. */
import { action as control, address, allow, announce, config, el, icon, onClick, role } from "./dom.js";
import { createApi, createKept } from "./api.js";
import { VERDICTS, createDelivery, createNews } from "./delivery.js";
import { askReasons, notice } from "./dialogs.js";
import { bases, changes, plain, reasonsOf, withDraft } from "./shapes.js";
import { createPanel, when } from "./panel.js";
import { createKeys } from "./keys.js";
import { createSessions } from "./session.js";
import { createStage } from "./stage.js";

const settings = config();
const { urls, concepts, task, reasons } = settings;
const asked = new URLSearchParams(globalThis.location.search);
const api = createApi();
const stage = createStage({ concepts, type: task.type });
const panel = createPanel({ stage, concepts, type: task.type, reasons });
const kept = createKept({ scope: `${settings.connection}.review` });
const made = []; // decisions of this page, oldest first, for undo
let lastReasons = [];

const work = createSessions({
  settings, api, stage, panel, urls, state: "awaiting_review",
  words: {
    kept: "Your decision is kept here.", nothing: "Nothing is left to decide.",
    decided: (session) => `Already ${VERDICTS[session.decided].word}. Undo (${keys.nameOf("undo")}) to decide again.`,
  },
  instead: [["Decide without the picture", () => work.blind()]],
  restore(opened, id) {
    const draft = kept.read(id);
    return draft ? withDraft(opened, draft.shapes) : opened;
  },
  look({ body, decided }) {
    panel.compare(body);
    return {
      before: body.returned ? body.before : null,
      readonly: decided ? "This is decided. Undo first." : body.can.edit.ok ? "" : body.can.edit.why,
    };
  },
  edited({ id, kept: value }) {
    if (edits().length) kept.write(id, { shapes: plain(value) });
    else if (kept.read(id)) kept.clear(id);
    permit();
  },
  openAgain: ({ item, body }) => work.reopen(item, work.sessions.get(item)?.edits || body.changes),
  saved({ operation }, event, answer) {
    if (event === "saved") delivery.set(operation, answer.delivery);
    else if (event === "waiting") delivery.set(operation, "unsent");
    else if (event === "refused") delivery.set(operation, "refused");
  },
  banner, permit, ended, position: drawPosition, light: () => drawLight(),
});
const { queue, outbox } = work;
const delivery = createDelivery({ api, url: urls.states, changed: (operation, state) => {
  if (state === "conflict" || state === "failed") tellTrouble(operation, state);
  drawLast();
  drawLight();
  drawUndo();
} });
const { tellTrouble, drawLast, drawLight } = createNews({ made, delivery, outbox, outboxPage: urls.outbox });

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
  return work.session ? changes(work.session.opened, stage.store.history.value) : [];
}

function permit() {
  const { session } = work;
  const whys = Object.keys(VERDICTS).map((verdict) => {
    const why = work.blocked((can) => can[verdict]);
    allow(control(verdict), why);
    return why;
  });
  role("approve-words").textContent = edits().length ? "Fix and approve" : "Approve";
  role("why").textContent = session && !session.decided && (session.seen || session.blind) ? [...new Set(whys)].filter(Boolean).join(" ") : "";
  drawUndo();
}

/** A notice can ask for a decision after its item has gone. */
function blockedBy(verdict) {
  const why = work.blocked((can) => can[verdict]);
  if (why) announce(why);
  return why;
}

function decide(verdict, { reasons: chosen = [], note = "" } = {}) {
  if (blockedBy(verdict)) return;
  const { session } = work;
  const { operation, id, name } = session;
  session.edits = edits(); // an undo brings them back, sent or not
  const sent = verdict === "approve" ? session.edits : [];
  made.push({ operation, id, name, verdict, fixed: sent.length > 0 });
  work.answer({ decided: verdict, state: VERDICTS[verdict].state }, urls.decisions,
    { operation, verdict, reasons: chosen, note, base: bases(session.opened), changes: sent }, VERDICTS[verdict].word);
  delivery.set(operation, "saving");
  kept.clear(id);
}

async function askForChanges() {
  if (blockedBy("request_changes")) return;
  const { session } = work;
  const spoken = reasonsOf(edits());
  const answer = await askReasons({
    title: "Ask for changes", reasons, preset: spoken.length ? spoken : lastReasons, confirm: "Ask for changes",
    noteLabel: "Note for the labeler", hint: spoken.length ? "Your edits are not sent: only an approval carries them." : "",
  });
  if (!answer || work.session !== session) return;
  lastReasons = answer.reasons;
  decide("request_changes", answer);
}

function askReject() {
  if (!edits().length) decide("reject");
  else notice({ id: "reject", text: "Rejecting leaves your edits behind.", actions: [["Reject anyway", () => decide("reject")], ["Ask for changes instead", () => { askForChanges(); }]] });
}

function ended() {
  const count = (test) => made.filter((one) => !one.undone && test(one)).length;
  const parts = [[count((one) => one.verdict === "approve"), "approved"], [count((one) => one.fixed), "of them fixed"],
    [count((one) => one.verdict === "request_changes"), "sent back"], [count((one) => one.verdict === "reject"), "rejected"]];
  return [
    queue.counts.total || made.length ? "Everything here is reviewed" : "Nothing waits for review",
    made.length ? `In this sitting: ${parts.filter(([n], at) => n || at === 0).map(([n, word]) => `${n} ${word}`).join(", ")}.`
      : "What labelers submit next will wait here.",
  ];
}

/* ---- taking back ---- */

function undoable() {
  const { session } = work;
  if (session?.decided) return made.findLast((one) => one.id === session.id && !one.undone) || null;
  return made.findLast((one) => !one.undone && delivery.of(one.operation) !== "refused") || null;
}

async function undoDecision() {
  const last = undoable();
  if (!last) {
    announce("No decision to take back.");
    return;
  }
  const { operation, id, name } = last;
  if (delivery.of(operation) === "unsent") {
    notice({ id: "undo", text: `The decision on ${name} has not reached the server yet. It can be taken back once it has.` });
    return;
  }
  const outcome = await outbox.whenSettled(operation);
  if (!outcome.saved || last.undone) return;
  try {
    await api.post(address(urls.undo, operation), {});
  } catch (error) {
    notice({ id: "undo", tone: "bad", text: `The decision on ${name} stays: ${error.detail || error.message}` });
    return;
  }
  last.undone = true;
  delivery.set(operation, "withdrawn");
  announce(`Decision on ${name} taken back.`);
  kept.clear(id);
  // The edits are laid over the fresh body, so that none is lost when it comes back.
  await work.reopen(id, work.sessions.get(id)?.edits);
}

function drawUndo() {
  control("undo").hidden = !undoable();
}

function drawPosition() {
  const { total } = queue.counts;
  const bar = role("progress");
  const done = queue.counts.done + made.filter((one) => !one.undone).length;
  role("position").textContent = !queue.started ? "" : work.finished || !total ? `${done} of ${total} done` : `${queue.position} of ${total}`;
  bar.max = Math.max(1, total);
  bar.value = Math.min(total, done);
}

/* ---- wiring ---- */

onClick("approve", () => decide("approve"));
onClick("request_changes", askForChanges);
onClick("reject", askReject);
onClick("undo", undoDecision);

const grid = control("grid");
if (urls.grid) grid.href = urls.grid;
control("back").href = asked.get("from") === "grid" ? grid.href : urls.home;

const keys = createKeys([
  { id: "approve", group: "Decide", label: "Approve, with your edits if there are any", keys: ["a"] },
  { id: "request_changes", group: "Decide", label: "Ask for changes (then 1 – 5, Enter)", keys: ["r"] },
  { id: "reject", group: "Decide", label: "Reject", keys: ["x"] },
  { id: "undo", group: "Decide", label: "Take back an edit, then the last decision", keys: ["z", "Ctrl+z"],
    run: () => control(stage.store.canUndo ? "edit-undo" : "undo").click() },
  { id: "grid", group: "Move on", label: "Grid", keys: ["g"] },
  ...work.actions,
]);

// Read by the benchmark: what stands on the canvas now.
globalThis.proofdesk = { queue, store: stage.store, delivery, outbox, get item() { return work.session?.id ?? null; } };
work.start(keys);
