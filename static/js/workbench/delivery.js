/** Follows decisions until the platform has confirmed them: asks while any is open, and then stops. */
import { DELIVERY } from "./dom.js";
import { withQuery } from "./api.js";

const LOCAL = new Set(["saving", "unsent", "refused"]);

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
