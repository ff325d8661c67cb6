/** What the window says of suggestions: read once per item, and ahead for the next ones in one call. */
import { withQuery } from "./api.js";
import { address } from "./dom.js";

const AHEAD = 8; // items asked for at once
const NEAR = 3; // asked for when one of the next few is not here yet

export function createGhostSource({ api, urls, queue }) {
  const answers = new Map(); // item id -> promise of its answer

  function remember(ids, promise) {
    for (const id of ids) {
      const one = promise.then((found) => found[id] || { suggestions: [], why: "This item is not there any more." });
      answers.set(id, one);
      one.catch(() => { if (answers.get(id) === one) answers.delete(id); });
    }
  }

  return {
    /** The answer for an item; rejects where it could not be had, and the next call asks again. */
    read(id) {
      if (!answers.has(id)) remember([id], api.get(address(urls.suggestions, id)).then((one) => ({ [id]: one })));
      return answers.get(id);
    },

    /** The next few, so that they are here before the person is. */
    readAhead() {
      const next = queue.items.slice(queue.index + 1, queue.index + 1 + AHEAD).map((one) => one.id);
      if (next.slice(0, NEAR).every((id) => answers.has(id))) return;
      const missing = next.filter((id) => !answers.has(id));
      remember(missing, api.get(withQuery(urls.suggestions_ahead, { ids: missing.join(",") })).then((found) => found.items));
    },

    /** What was said changes what comes back: it is asked for again. */
    forget: (id) => answers.delete(id),
  };
}
