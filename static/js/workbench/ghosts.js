/**
 * Suggestions of the task's model ("ghosts"): read for the item in view and ahead for the next ones, then accepted, edited
 * or refused. An accepted one becomes a shape under the suggestion's id, so that drafts, undo and saving need to know
 * nothing of it; what was refused, or renamed a shape, belongs to a step of the history, so that undo takes it back as well.
 */
import { createKept } from "./api.js";
import { afterPaint, announce } from "./dom.js";
import { createGhostLayer } from "./ghostlayer.js";
import { createGhostList } from "./ghostlist.js";
import { watchPointer } from "./ghostpointer.js";
import { contradicted, fieldsOf, openOnes, verdictOf, worth } from "./ghostrules.js";
import { createGhostSource } from "./ghostsource.js";
import { add, change } from "./shapes.js";

const NONE = Object.freeze([]);

/** `keys`: of createKeys. Answers {said}: the body of an answer together with what was said of the suggestions. */
export function createGhosts({ settings, api, stage, queue, keys }) {
  const { assist } = settings;
  const { store, conceptOf } = stage;
  const source = createGhostSource({ api, urls: settings.urls, queue });
  const judgements = new WeakMap(); // a step of the history -> what was judged by then (see ghostrules)
  const remembered = new Map(); // item id -> what was judged, for the item's return in this sitting
  const kept = createKept({ scope: `${settings.connection}.ghosts` });
  let item = null;
  let answer = null; // of the item in view, when it is here
  let failed = "";
  let step = null; // of the history, as far as it is drawn
  let judged = new Map();
  let open = NONE;
  let current = null;
  let hidden = false;
  let from = assist.min;
  let spent = null; // the step in which the last one in hand was judged: the key once more shall do nothing else

  const layer = createGhostLayer({ conceptOf });
  const list = createGhostList({ assist, stage, act: { accept, edit, refuse, choose, acceptAll, toggle, threshold, again } });

  /* ---- reading ---- */

  async function arrive(id) {
    let found = null;
    let problem = "";
    try {
      found = await source.read(id);
    } catch (error) {
      problem = `The suggestions could not be read. ${error.detail || ""}`;
    }
    if (item !== id) return;
    [answer, failed] = [found, problem];
    refresh();
    if (found) source.readAhead();
  }

  function enter(id) {
    [item, answer, failed, step, current, spent] = [id, null, "", null, null, null];
    judged = remembered.get(id) || new Map(kept.read(id)?.judged);
    open = NONE;
    layer.hide();
    if (id !== null) follow();
    // The picture first: the list, and what the model says, a frame later.
    afterPaint(() => {
      if (item !== id) return;
      refresh();
      if (id !== null && !store.state.readonly) arrive(id);
    });
  }

  function again() {
    failed = "";
    refresh();
    arrive(item);
  }

  /* ---- what is open ---- */

  /** Every step of the history knows what was judged by then; a new one knows what the one before it knew. */
  function follow() {
    const { value } = store.history;
    if (!judgements.has(value)) judgements.set(value, judged);
    step = value;
    if (judgements.get(value) === judged) return;
    judged = judgements.get(value);
    remembered.set(item, judged);
    if (judged.size) kept.write(item, { judged: [...judged] });
    else kept.clear(item);
  }

  function refresh() {
    if (item !== null) follow();
    const { readonly } = store.state;
    open = answer && !readonly ? openOnes(answer.suggestions, step, judged, from) : NONE;
    if (!open.some((ghost) => ghost.id === current)) current = null;
    draw();
  }

  const shown = () => (hidden ? NONE : open);

  function draw() {
    layer.draw(shown(), current, store.state);
    list.draw({ open: shown(), current, hidden, from, words: words(), why: why(), failed: Boolean(failed) });
  }

  function words() {
    if (!answer || store.state.readonly) return "";
    const said = answer.suggestions.map((ghost) => verdictOf(ghost, step, judged));
    const count = (...verdicts) => said.filter((one) => verdicts.includes(one)).length;
    return [[open.length, "open"], [count("accepted", "edited"), "accepted"], [count("refused"), "refused"]]
      .filter(([number], at) => number || !at).map(([number, word]) => `${number} ${word}`).join(" · ");
  }

  function why() {
    if (store.state.readonly) return "Nothing to suggest: this item is not open for changes.";
    if (hidden && open.length) return `Hidden. ${keys.nameOf("ghosts-toggle")} shows them.`;
    if (failed || !answer) return failed || `Asking ${assist.name}…`;
    const dropped = answer.dropped ? `${answer.dropped} more ${answer.dropped === 1 ? "has" : "have"} no place in this task.` : "";
    return answer.why || [answer.suggestions.length ? "" : `${assist.name} suggests nothing new here.`, dropped].filter(Boolean).join(" ");
  }

  /* ---- saying ---- */

  const titleOf = (ghost) => `${conceptOf(ghost.concept).name} ${worth(ghost.value)}`;
  const inHand = () => open.find((ghost) => ghost.id === current) || null;

  function choose(ghost) {
    current = ghost?.id ?? null;
    hidden = hidden && !ghost;
    store.set({ selected: null });
    draw();
    if (ghost) announce(`${titleOf(ghost)}, ${ghost.kind === "tag" ? "whole image" : ghost.kind}, suggestion ${open.indexOf(ghost) + 1} of ${open.length}`);
  }

  /** Runs an edit; where it was about the one in hand, the next one comes into hand. */
  function judge(ghost, shapes, word, selected = null) {
    const at = open.indexOf(ghost);
    const wasInHand = ghost.id === current;
    if (at < 0 || !store.edit(shapes, `${word.toLowerCase()} ${titleOf(ghost)}`, "", selected)) return;
    const next = wasInHand && !selected ? open[Math.min(at, open.length - 1)] : null;
    spent = wasInHand && !next ? step : null;
    if (next) choose(next);
    announce(`${word}: ${titleOf(ghost)}.${next ? ` Next: ${titleOf(next)}.` : ""}`);
  }

  function accept(ghost, changing = false) {
    const wrong = contradicted(ghost, step);
    const shapes = wrong ? change(step, wrong.id, { concept: ghost.concept }) : add(step, fieldsOf(ghost))[0];
    if (wrong) judgements.set(shapes, new Map([...judged, [ghost.id, wrong.id]]));
    const word = wrong ? `Rename ${conceptOf(wrong.concept).name}` : changing ? "Edit" : "Accept";
    judge(ghost, shapes, word, changing && ghost.kind !== "tag" ? (wrong || ghost).id : null);
    if (changing) stage.surface.focus({ preventScroll: true });
  }

  function edit(ghost) {
    accept(ghost, true);
  }

  function refuse(ghost) {
    const next = [...step];
    judgements.set(next, new Map([...judged, [ghost.id, null]]));
    judge(ghost, next, "Refuse");
  }

  function acceptAll() {
    const taken = shown().filter((ghost) => !contradicted(ghost, step)); // what a person said is not renamed unseen
    const count = taken.length;
    const left = shown().length > count ? " Those that contradict a shape are left: take them one by one." : "";
    const shapes = taken.reduce((all, ghost) => add(all, fieldsOf(ghost))[0], step);
    if (count && store.edit(shapes, `accept ${count} suggestions`, "", null)) announce(`${count} accepted. ${keys.nameOf("undo")} takes all of them back.${left}`);
    else if (left) announce(left.trim());
  }

  function toggle() {
    hidden = !hidden;
    current = null;
    draw();
    announce(hidden ? "Suggestions hidden." : "Suggestions shown.");
  }

  function threshold(value) {
    from = value;
    refresh();
  }

  /* ---- wiring ---- */

  store.watch((state, previous) => {
    if (state.item !== item) {
      enter(state.item);
    } else if (store.history.value !== step || ["readonly", "width", "height"].some((name) => state[name] !== previous[name])) {
      if (item !== null && !answer && !state.readonly && previous.readonly) arrive(item);
      refresh();
    }
    if (state.selected && state.selected !== previous.selected && current) {
      current = null;
      draw();
    }
  });

  watchPointer({ stage, open: () => (store.state.hidden ? NONE : shown()), inHand, choose, edit });

  function walk(by) {
    if (!open.length) announce("No suggestion is open.");
    else choose(open[(open.indexOf(inHand()) + by + open.length + (by < 0 && !current)) % open.length]);
  }

  function withCurrent(run) {
    const ghost = inHand();
    if (ghost) {
      run(ghost);
      return true;
    }
    if (!spent || spent !== step || store.state.selected) return false;
    spent = null;
    announce("No suggestion is left.");
    return true;
  }

  const group = "Suggestions";
  keys.add([
    { id: "ghost-next", group, label: "Next suggestion", keys: ["."], repeats: true, run: () => walk(1) },
    { id: "ghost-previous", group, label: "Previous suggestion", keys: [","], repeats: true, run: () => walk(-1) },
    { id: "ghost-accept", group, label: "Accept it", keys: ["Enter"], run: () => withCurrent(accept) },
    { id: "ghost-edit", group, label: "Accept it and change it", keys: ["e"], run: () => withCurrent(edit) },
    { id: "ghost-refuse", group, label: "Refuse it", keys: ["Delete", "Backspace"], run: () => withCurrent(refuse) },
    { id: "ghosts-accept", group, label: "Accept all that are shown", keys: ["Shift+Enter"] },
    { id: "ghosts-toggle", group, label: "Hide suggestions", keys: ["u"] },
    { id: "ghost-leave", quiet: true, group, label: "Leave it", keys: ["Escape"], run: () => (current ? choose(null) : false) },
  ]);
  enter(store.state.item);

  return {
    /** The body of a submission or decision with what was said; others (a skip) stay as they are. Call before going on. */
    said(body) {
      const sent = body.shapes || body.changes;
      if (!sent || !answer) return body;
      const suggestions = answer.suggestions.flatMap((ghost) => {
        const verdict = verdictOf(ghost, sent, judged);
        return verdict ? [{ id: ghost.id, verdict, base: ghost.base }] : [];
      });
      source.forget(item);
      kept.clear(item);
      return suggestions.length ? { ...body, suggestions } : body;
    },
  };
}
