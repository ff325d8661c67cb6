/** What the canvas shows: one state, watched by the renderer, the list and the drafts; undo watches it as well. */
import { createHistory } from "./history.js";
import { marks } from "./shapes.js";

const EMPTY = Object.freeze([]);

export function createStore() {
  let history = createHistory(EMPTY);
  let state = {
    item: null, shapes: EMPTY, opened: EMPTY, before: null, width: 1, height: 1,
    selected: null, hover: null, sketch: null, tool: "select", concept: null, hidden: false, names: true, readonly: true,
  };
  const watchers = new Set();

  function set(patch) {
    const previous = state;
    state = { ...state, ...patch };
    for (const watcher of watchers) watcher(state, previous);
  }

  function stepTo(label) {
    if (label === null) return null;
    const kept = history.value.some((shape) => shape.id === state.selected);
    set({ shapes: history.value, selected: kept ? state.selected : null });
    return label;
  }

  return {
    get state() { return state; },
    get history() { return history; },
    get canUndo() { return history.canUndo; },
    get canRedo() { return history.canRedo; },
    get edited() { return marks(state.opened, history.value); },

    watch(watcher) {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },

    set,

    /** Another item on the canvas; `past` is the history of an earlier visit, so that its undo still works. */
    open({ item, opened, shapes = opened, before = null, width, height, readonly = false, past = null }) {
      history = past || createHistory(opened);
      if (!past && shapes !== opened) history.push(shapes, "draft");
      set({
        item, opened, before, width, height, readonly, shapes: history.value,
        selected: null, hover: null, sketch: null,
      });
      return history;
    },

    /** Shapes as they look during a drag; not yet a step. */
    preview(shapes) { set({ shapes }); },
    cancel() { set({ shapes: history.value, sketch: null }); },

    /** One step: the new list, a few words for the announcement, and a key that joins repeated steps. */
    edit(shapes, label, key = "", selected = state.selected) {
      if (state.readonly) return false;
      history.push(shapes, label, key);
      set({ shapes: history.value, selected, sketch: null });
      return true;
    },

    undo() { return stepTo(history.undo()); },
    redo() { return stepTo(history.redo()); },
  };
}
