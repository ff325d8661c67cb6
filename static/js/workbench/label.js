/** The label workbench: draw, submit or skip; every change is kept at once, here and on the server. */
import { action as control, allow, announce, config, el, icon, onClick, role, stateBadge } from "./dom.js";
import { createApi, withQuery } from "./api.js";
import { askReasons, askYes, notice } from "./dialogs.js";
import { bases, changes, newId, plain, withDraft } from "./shapes.js";
import { createDrafts } from "./drafts.js";
import { createPanel, when } from "./panel.js";
import { createKeys } from "./keys.js";
import { createSessions } from "./session.js";
import { createStage } from "./stage.js";

const settings = config();
const { urls, concepts, task, reasons } = settings;
const api = createApi();
const stage = createStage({ concepts, type: task.type });
const panel = createPanel({ stage, concepts, type: task.type, reasons });
const drafts = createDrafts({ api, urls, scope: `${settings.connection}.label`, conflict: offerDraft, saved: drawLight });
let last = null;
let done = 0;

const work = createSessions({
  settings, api, stage, panel, urls: { ...urls, queue: withQuery(urls.queue, { mode: "label" }) }, state: null,
  words: { kept: "Your work on it is kept here.", nothing: "Nothing is left to label.", decided: (session) => `Already ${session.decided}.` },
  instead: [["Skip it", () => control("skip").click()], ["Go on without the picture", () => work.blind()]],
  restore(opened, id) {
    const draft = drafts.local(id);
    return draft ? withDraft(opened, draft.shapes) : opened;
  },
  look({ body, decided }) {
    const { ok, why } = allowed(body.can);
    return { readonly: decided ? "This item is done." : ok ? "" : why };
  },
  edited({ id, kept }) {
    drafts.keep(id, plain(kept));
    drawLight();
  },
  openAgain({ item, body }) {
    if (body.shapes) drafts.keep(item, body.shapes);
    work.reopen(item);
  },
  ended: () => (done
    ? ["All of your work is done", `${done} ${done === 1 ? "item" : "items"} in this sitting. What reviewers send back appears here again.`]
    : ["Nothing waits for you", "New work appears here when it is handed to you."]),
  saved, banner, permit, arrived, position: drawPosition, light: drawLight,
});
const { queue, outbox } = work;

/* ---- drafts ---- */

/** The server may know a draft from another window; the one of this browser is on the canvas already. */
async function arrived(one) {
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
  if (work.session === one) work.draw();
  announce("Your draft is back.");
}

function offerDraft(id, theirs) {
  const one = work.sessions.get(id);
  if (!one || one.decided) return;
  notice({
    id: `draft ${id}`, tone: "bad", text: `A newer draft of ${one.name} was saved in another window (${when(theirs.saved_at)}, ${theirs.shapes.length} shapes). Yours is kept here until you choose.`,
    actions: [
      ["Use the newer one", () => { drafts.settle(id, theirs, "theirs"); use(one, theirs.shapes); }],
      ["Keep mine", () => { drafts.settle(id, theirs, "mine"); }],
    ],
  });
}

function banner({ returned, item }) {
  if (!returned || item.state === "awaiting_review") return null;
  return el("div", { class: "wb-banner" }, icon("changes"), el("div", {},
    el("p", {}, el("b", { text: `${returned.by} asks for changes` }), ` ${when(returned.at)}`),
    el("p", { text: panel.reasonWords(returned.reasons) }),
    returned.note ? el("p", { text: returned.note }) : null));
}

/* ---- submit and skip ---- */

function allowed(can) {
  return can.submit || can.edit;
}

function permit() {
  const { session } = work;
  const why = work.blocked(allowed);
  allow(control("submit"), why);
  allow(control("skip"), work.blocked(allowed, false));
  role("why").textContent = session && !session.decided && (session.seen || session.blind) ? why : "";
}

async function submit() {
  const one = work.session;
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
    if (!sure || work.session !== one) return;
    one.empty = true;
  }
  leave("submitted", "awaiting_review", urls.submission, { operation: one.operation, shapes: plain(shapes), base: bases(one.opened) });
}

async function skip() {
  const one = work.session;
  const answer = await askReasons({ title: "Skip this one", reasons: settings.skip_reasons, confirm: "Skip", single: true });
  if (!answer || work.session !== one) return;
  leave("skipped", "skipped", urls.skip, { reason: answer.reasons[0], note: answer.note });
}

function leave(what, state, url, body) {
  const { name, operation } = work.session;
  done += 1;
  last = { name, what, state, delivery: "saving", operation };
  work.answer({ decided: what, state }, url, body, what);
  drawLast();
  drawLight();
}

function saved({ operation, item }, event, _, one) {
  if (event === "saved") {
    drafts.clear(item);
  } else if (event === "refused") {
    if (one) one.operation = newId(); // what is submitted next is another answer
    done = Math.max(0, done - 1);
    drawPosition();
  }
  if (last?.operation === operation) last.delivery = { saved: "saved", waiting: "unsent", refused: "refused" }[event] || last.delivery;
  drawLast();
}

function drawLast() {
  if (!last) return;
  const words = { saving: "saving", unsent: "not saved yet, kept in this browser", saved: last.what === "skipped" ? "kept here" : "saved here, goes to the platform", refused: "refused" };
  const tone = { saved: "good", refused: "bad" }[last.delivery] || "wait";
  role("last").replaceChildren(
    stateBadge(last.state, el("b", { text: last.name }), ` ${last.what}`),
    el("span", { class: "wb-delivery", data: { tone, delivery: last.delivery }, text: words[last.delivery] }));
}

function drawLight() {
  const waiting = outbox.waiting.length;
  const bad = outbox.refused.length;
  const draft = work.session && drafts.local(work.session.id);
  const light = role("light");
  light.dataset.tone = bad ? "bad" : waiting || draft?.dirty ? "wait" : "good";
  light.textContent = bad ? `${bad} need you` : waiting ? `${waiting} saving` : draft ? `draft ${draft.dirty ? "kept here" : "saved"}` : "all saved";
}

function drawPosition() {
  const open = queue.items.filter((item) => !item.decided).length;
  role("position").textContent = work.finished ? `${done} done` : queue.started ? `${done} done · ${open}${queue.hasMore ? "+" : ""} to go` : "";
  role("progress").max = Math.max(1, done + open);
  role("progress").value = done;
}

/* ---- wiring ---- */

onClick("submit", submit);
onClick("skip", skip);

const keys = createKeys([
  { id: "submit", group: "Label", label: "Submit", keys: ["s"] },
  { id: "skip", group: "Label", label: "Skip, with a reason", keys: ["x"] },
  { id: "undo", group: "Label", label: "Undo an edit", keys: ["z", "Ctrl+z"], run: () => control("edit-undo").click() },
  ...work.actions,
]);

if (task.type !== "classes") stage.tools.choose(task.type === "polygons" ? "polygon" : "box");
work.start(keys);
