/** Undo and redo over values that are never changed in place. Pure: knows nothing of shapes or of the page. */

/**
 * A history with one present value. `push` with the same non-empty key as the step before replaces that step
 * (a row of arrow keys is one step); `limit` is the number of steps kept.
 */
export function createHistory(first, limit = 200) {
  let past = [];
  let present = { value: first, label: "", key: "" };
  let future = [];

  return {
    get value() { return present.value; },
    get canUndo() { return past.length > 0; },
    get canRedo() { return future.length > 0; },
    get depth() { return past.length; },

    push(value, label = "", key = "") {
      if (value === present.value) return false;
      if (!(key && key === present.key && past.length)) {
        past = [...past, present].slice(-limit);
      }
      present = { value, label, key };
      future = [];
      return true;
    },

    /** Ends a run of steps with one key, so that the next push is a step of its own. */
    seal() {
      present = { ...present, key: "" };
    },

    /** The label of the step that was taken back, or null. */
    undo() {
      if (!past.length) return null;
      future = [present, ...future];
      const { label } = present;
      present = { ...past[past.length - 1], key: "" };
      past = past.slice(0, -1);
      return label;
    },

    redo() {
      if (!future.length) return null;
      past = [...past, { ...present, key: "" }];
      [present, ...future] = future;
      present = { ...present, key: "" };
      return present.label;
    },
  };
}
