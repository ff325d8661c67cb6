/**
 * Hotkeys. A key clicks the real control of its action, so that mouse, keyboard and screen reader use one element;
 * actions without a control (nudging a shape) run directly. `?` lists all of them and lets each be changed.
 */
import { action as control, announce } from "./dom.js";

const STORE = "proofdesk.keys";
const NAMES = { " ": "Space", ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", Escape: "Esc", Delete: "Del" };

/** A key event as text: letters lower case with "Shift+" before them, signs as they are printed ("?", "{"). */
export function keyOf(event) {
  let key = event.key === "Spacebar" ? " " : event.key;
  const letter = /^[a-z]$/i.test(key);
  const sign = key.length === 1 && !letter && key !== " ";
  if (letter) key = key.toLowerCase();
  const altGraph = event.getModifierState?.("AltGraph");
  const parts = [];
  if ((event.ctrlKey || event.metaKey) && !(sign && altGraph)) parts.push("Ctrl");
  if (event.altKey && !(sign && altGraph)) parts.push("Alt");
  if (event.shiftKey && !sign) parts.push("Shift");
  return [...parts, key].join("+");
}

/** The key as a person reads it: "Shift+z" -> "Shift Z". */
export function keyName(key) {
  if (key === "+") return "+";
  return key.split(/\+(?=.)/).map((part) => NAMES[part] || (part.length === 1 ? part.toUpperCase() : part)).join(" ");
}

/** Keys of every action after a person's own choices; a key given anew is taken from whoever had it. */
export function bindings(actions, own) {
  const chosen = new Map(actions.map((one) => [one.id, one.keys]));
  for (const [id, key] of Object.entries(own)) {
    if (!chosen.has(id)) continue;
    for (const [other, keys] of chosen) chosen.set(other, keys.filter((old) => old !== key));
    chosen.set(id, [key]);
  }
  return chosen;
}

function typing(target) {
  return target.closest?.("textarea, select, [contenteditable], input:not([type=range], [type=checkbox], [type=radio], [type=button])");
}

/**
 * `actions`: [{id, label, group, keys, run?, quiet?, fixed?, repeats?}]. Without `run`, the control with data-action=id is
 * clicked. `run` returns false to let the key through. `quiet` keeps an action out of the sheet; `fixed` shows these words there and no way to
 * change the keys; `repeats` lets a held key act again and again.
 */
export function createKeys(actions, { storage = globalThis.localStorage } = {}) {
  let own = read(storage);
  let byKey = new Map();

  function bind() {
    byKey = new Map();
    for (const [id, keys] of bindings(actions, own)) {
      const one = actions.find((candidate) => candidate.id === id);
      for (const key of keys) byKey.set(key, [...(byKey.get(key) || []), one]);
      control(id)?.setAttribute("aria-keyshortcuts", keys.map((key) => key.replace(" ", "Space")).join(" "));
      for (const hint of document.querySelectorAll(`[data-key="${id}"]`)) hint.textContent = keys.length ? keyName(keys[0]) : "";
    }
  }

  function perform(one, event) {
    if (one.run) return one.run(event) !== false;
    const button = control(one.id);
    if (!button || button.closest("[hidden]")) return false;
    button.click();
    return true;
  }

  function onKey(event) {
    if (event.defaultPrevented || event.isComposing || document.querySelector("dialog[open]")) return;
    const { target } = event;
    if (typing(target)) return;
    const key = keyOf(event);
    // A focused control keeps its own keys.
    if ((key === "Enter" || key === " ") && target.closest("button, a, summary, input, label")) return;
    if (key.startsWith("Arrow") && target.closest("input, [role=radiogroup]")) return;
    if (byKey.get(key)?.some((one) => (one.repeats || !event.repeat) && perform(one, event))) event.preventDefault();
  }

  document.addEventListener("keydown", onKey);
  bind();

  function choose(next) {
    own = next;
    write(storage, own);
    bind();
  }

  // The list itself is read when it is asked for.
  control("keys")?.addEventListener("click", () => {
    import("./keysheet.js").then(({ openSheet }) => openSheet({
      actions, keyOf, keyName, chosen: () => bindings(actions, own),
      give: (id, key) => choose({ ...own, [id]: key }), reset: () => choose({}),
    }), () => announce("The list of keys could not be loaded."));
  });

  return {
    nameOf: (id) => (bindings(actions, own).get(id) || []).map(keyName)[0] || "",
    /** More actions, asked before the others where they share a key. */
    add(more) {
      actions.unshift(...more);
      bind();
    },
  };
}

function read(storage) {
  try {
    const own = JSON.parse(storage.getItem(STORE) || "{}");
    return own && typeof own === "object" && !Array.isArray(own) ? own : {};
  } catch {
    return {};
  }
}

function write(storage, own) {
  try { storage.setItem(STORE, JSON.stringify(own)); } catch { announce("This browser does not keep the keys."); }
}
