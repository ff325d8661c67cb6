/** Unfinished edits in this browser's store, by item: a closed page or a crash loses none. */

/** `scope` keeps connections and modes apart. What was written is held in memory too, should the store be full. */
export function createKept({ scope, storage = globalThis.localStorage }) {
  const held = new Map();
  const keyOf = (id) => `proofdesk.draft.${scope}.${id}`;

  return {
    read(id) {
      if (held.has(id)) return held.get(id);
      try {
        const draft = JSON.parse(storage.getItem(keyOf(id)) || "null");
        if (draft) held.set(id, draft);
        return draft;
      } catch {
        return null;
      }
    },
    write(id, draft) {
      held.set(id, draft);
      try { storage.setItem(keyOf(id), JSON.stringify(draft)); } catch { /* held in memory */ }
    },
    clear(id) {
      held.delete(id);
      try { storage.removeItem(keyOf(id)); } catch { /* nothing kept, nothing to remove */ }
    },
  };
}
