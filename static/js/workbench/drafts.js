/** Unfinished work: in the browser's store at once, on the server a moment later, restored when the item is opened. */
import { ApiError, createKept } from "./api.js";
import { address } from "./dom.js";

/**
 * A draft is {revision, shapes, dirty, at}; revision is the server's number of the last draft that this browser
 * knew (0: none).
 * `conflict(id, theirs)` is called when the server holds a newer draft than the one this page started from.
 */
export function createDrafts({ api, urls, scope, conflict, saved = () => {}, delay = 1200, storage = globalThis.localStorage }) {
  const timers = new Map();
  const sending = new Set();
  const { read, write, clear: forget } = createKept({ scope, storage });

  function clear(id) {
    clearTimeout(timers.get(id));
    timers.delete(id);
    forget(id);
  }

  async function push(id, keepalive = false) {
    clearTimeout(timers.get(id));
    timers.delete(id);
    const draft = read(id);
    if (!draft?.dirty || sending.has(id)) return;
    sending.add(id);
    try {
      const { revision } = await api.put(address(urls.draft, id), { revision: draft.revision, shapes: draft.shapes }, { keepalive });
      const now = read(id);
      if (!now) return;
      write(id, { ...now, revision, dirty: now.shapes !== draft.shapes });
      saved(id);
      if (now.shapes !== draft.shapes) later(id);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.code === "conflict" || error.status === 409) {
        const theirs = await api.get(address(urls.draft, id)).catch(() => null);
        if (theirs && read(id)) conflict(id, theirs);
      } else if (error.kind !== "refused") {
        later(id, 8000);
      }
    } finally {
      sending.delete(id);
    }
  }

  function later(id, wait = delay) {
    clearTimeout(timers.get(id));
    timers.set(id, setTimeout(() => push(id), wait));
  }

  const flush = () => { for (const id of timers.keys()) push(id, true); };
  document.addEventListener("visibilitychange", () => { if (document.hidden) flush(); });
  globalThis.addEventListener("pagehide", flush);

  return {
    clear,
    flush,

    keep(id, shapes) {
      const draft = read(id);
      write(id, { revision: draft?.revision || 0, shapes, dirty: true, at: new Date().toISOString() });
      later(id);
    },

    /** The draft kept in this browser, without asking anybody. */
    local: read,

    /** The draft to start from, or null: {shapes, theirs} with `theirs` set where the server's is newer and both differ. */
    async restore(id) {
      const theirs = await api.get(address(urls.draft, id)).catch(() => null);
      const mine = read(id); // only now: somebody may have drawn while the answer was under way
      if (!theirs) return mine?.dirty ? { shapes: mine.shapes, theirs: null } : null;
      if (!mine?.dirty) {
        write(id, { revision: theirs.revision, shapes: theirs.shapes, dirty: false, at: theirs.saved_at });
        return { shapes: theirs.shapes, theirs: null };
      }
      if (theirs.revision > mine.revision) return { shapes: mine.shapes, theirs };
      later(id);
      return { shapes: mine.shapes, theirs: null };
    },

    /** Settles a conflict: with "theirs" the server's draft becomes ours, else ours is sent over it. */
    settle(id, theirs, choice) {
      const mine = read(id);
      if (choice === "theirs") write(id, { revision: theirs.revision, shapes: theirs.shapes, dirty: false, at: theirs.saved_at });
      else write(id, { ...mine, revision: theirs.revision, dirty: true });
      if (choice !== "theirs") push(id);
    },
  };
}
