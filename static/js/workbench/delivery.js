/** Follows decisions until the platform has confirmed them, and tells in words what became of them. */
import { DELIVERY, el, role, stateBadge } from "./dom.js";
import { notice } from "./dialogs.js";
import { withQuery } from "./api.js";

const LOCAL = new Set(["saving", "unsent", "refused"]);

/** Asks for the states of open decisions while there are any, and then stops. `changed(operation, state, old)`. */
export function createDelivery({ api, url, changed, every = 2000, everyHidden = 10000, batch = 50 }) {
  const states = new Map();
  let timer = null;
  let asking = false;
  let misses = 0;

  const open = () => [...states].filter(([, state]) => !LOCAL.has(state) && !DELIVERY[state]?.end).map(([operation]) => operation);

  function plan() {
    clearTimeout(timer);
    timer = null;
    if (!open().length) return;
    const pause = document.hidden ? everyHidden : every;
    timer = setTimeout(ask, Math.min(60000, pause * 2 ** Math.min(misses, 5)));
  }

  async function ask() {
    if (asking) return;
    asking = true;
    try {
      const answer = await api.get(withQuery(url, { ids: open().slice(0, batch).join(",") }));
      misses = 0;
      for (const [operation, state] of Object.entries(answer)) set(operation, state);
    } catch {
      misses += 1;
    } finally {
      asking = false;
      plan();
    }
  }

  function set(operation, state) {
    const old = states.get(operation);
    if (old === state) return;
    states.set(operation, state);
    changed(operation, state, old);
    if (!timer && !asking) plan();
  }

  document.addEventListener("visibilitychange", () => { if (!document.hidden && open().length) ask(); });

  return {
    set,
    of: (operation) => states.get(operation) || null,
    get polling() { return timer !== null || asking; },

    /** {open, bad}: how many are on their way, and how many need a person. */
    counts() {
      const all = [...states.values()];
      return {
        open: all.filter((state) => !DELIVERY[state]?.end).length,
        bad: all.filter((state) => ["conflict", "failed", "refused"].includes(state)).length,
      };
    },
  };
}

/** What a verdict makes of an item, and how it is called afterwards. */
export const VERDICTS = {
  approve: { state: "approved", word: "approved" },
  request_changes: { state: "changes_asked", word: "sent back" },
  reject: { state: "rejected", word: "rejected" },
};

/** The line at the foot, the light at the top, notices where a person is needed. `made`: this page's decisions, oldest first. */
export function createNews({ made, delivery, outbox, outboxPage }) {
  function tellTrouble(operation, state) {
    const one = made.find((candidate) => candidate.operation === operation);
    if (!one) return;
    const text = state === "conflict"
      ? `${one.name} was changed on the platform after you opened it. Nothing was overwritten; your decision waits for you.`
      : `The decision on ${one.name} could not be delivered. It is kept and waits for you.`;
    notice({ id: operation, tone: "bad", text, actions: outboxPage ? [["Show", () => { globalThis.location.href = outboxPage; }]] : [] });
  }

  function drawLast() {
    const place = role("last");
    const last = made.findLast((one) => !one.undone && delivery.of(one.operation) !== "refused") || null;
    if (!last) {
      place.replaceChildren();
      return;
    }
    const state = delivery.of(last.operation) || "saving";
    const { state: become, word } = VERDICTS[last.verdict];
    place.replaceChildren(stateBadge(become, el("b", { text: last.name }), ` ${last.fixed ? "fixed and " : ""}${word}`),
      el("span", { class: "wb-delivery", data: { tone: DELIVERY[state]?.tone || "wait", delivery: state }, text: DELIVERY[state]?.word || state }));
  }

  function drawLight() {
    const waiting = outbox.waiting.length;
    const { open, bad } = delivery.counts();
    const light = role("light");
    light.dataset.tone = bad || outbox.refused.length ? "bad" : waiting || open ? "wait" : "good";
    light.textContent = bad || outbox.refused.length ? `${Math.max(bad, outbox.refused.length)} need you`
      : waiting ? `${waiting} saving` : open ? `${open} on the way` : "all saved";
  }

  return { tellTrouble, drawLast, drawLight };
}
