/** The sheet that `/` opens: an item of the queue by a part of its name. */
import { el, stateBadge } from "./dom.js";

const SHOWN = 8;
const PAGES = 10; // so many more pages of the queue are read for one search

export function openFind({ queue, show }) {
  const sheet = document.getElementById("wb-sheet");
  const input = el("input", { id: "wb-find", type: "text", autocomplete: "off", spellcheck: "false", input: search });
  const list = el("div", { class: "wb-reasons", role: "group", "aria-label": "Items" });
  const told = el("p", { class: "wb-hint", role: "status" });

  function matches() {
    const part = input.value.trim().toLowerCase();
    return queue.items.filter((item) => item.name.toLowerCase().includes(part));
  }

  function choose(item) {
    sheet.close();
    show(queue.items.findIndex((one) => one.id === item.id));
  }

  function draw() {
    const found = matches();
    list.replaceChildren(...found.slice(0, SHOWN).map((item) => el("button", {
      type: "button", class: "wb-reason", click: () => choose(item),
    }, el("span", { text: item.name }), stateBadge(item.state))));
    told.textContent = found.length > SHOWN ? `${found.length} items, ${SHOWN} of them here.`
      : found.length ? "" : `None of the first ${queue.items.length} items is called so.`;
    return found.length;
  }

  async function search() {
    const asked = input.value;
    for (let pages = 0; !draw() && queue.hasMore && pages < PAGES; pages += 1) {
      told.textContent = "Looking further.";
      try {
        await queue.more();
      } catch {
        told.textContent = "The rest of the queue could not be read.";
        return;
      }
      if (input.value !== asked) return;
    }
  }

  sheet.replaceChildren(el("form", {
    method: "dialog", class: "wb-sheet-form", submit: (event) => {
      event.preventDefault();
      const [first] = matches();
      if (first) choose(first);
    },
  },
  el("h2", { id: "wb-sheet-title", text: "Find an item" }),
  el("label", { class: "wb-label", for: "wb-find", text: "Part of its name; Enter opens the first" }), input, list, told));
  draw();
  sheet.showModal();
  input.focus();
}
