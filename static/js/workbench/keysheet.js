/** The list of keys that `?` opens, where each can be changed. */
import { action as control, el, role } from "./dom.js";

/**
 * `chosen()` gives the keys by action now, `give(id, key)` changes one, `reset()` forgets all changes; `keyOf` and
 * `keyName` come from the caller, since two modules that import each other cannot both carry a content hash.
 */
export function openSheet({ actions, keyOf, keyName, chosen, give, reset }) {
  const sheet = document.getElementById("wb-keys");
  const shown = actions.filter((one) => !one.quiet);

  function learn(id, button) {
    button.textContent = "press a key";
    button.addEventListener("keydown", (event) => {
      event.preventDefault();
      event.stopPropagation();
      if (["Shift", "Control", "Alt", "Meta"].includes(event.key)) return;
      if (event.key !== "Escape") give(id, keyOf(event));
      fill();
      role("key-list").querySelector(`[data-learn="${id}"]`)?.focus();
    });
  }

  function line(one, keys) {
    if (one.fixed) return el("li", {}, el("span", { text: one.label }), el("kbd", { text: one.fixed }));
    const button = el("button", {
      type: "button", class: "wb-key", data: { learn: one.id }, title: "Change this key",
      "aria-label": `${one.label}: ${keys.map(keyName).join(" or ") || "no key"}. Change.`,
      text: keys.map(keyName).join(" / ") || "none",
    });
    button.addEventListener("click", () => learn(one.id, button));
    return el("li", {}, el("span", { text: one.label }), button);
  }

  function fill() {
    const now = chosen();
    role("key-list").replaceChildren(...[...new Set(shown.map((one) => one.group))].map((group) => el("section", {},
      el("h3", { text: group }),
      el("ul", {}, ...shown.filter((one) => one.group === group).map((one) => line(one, now.get(one.id)))))));
  }

  control("keys-reset").onclick = () => {
    reset();
    fill();
  };
  fill();
  sheet.showModal();
}
