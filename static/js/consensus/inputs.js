/** The inputs to go through, page by page from the window, and the strip of pictures that shows them. */
import { withQuery } from "../workbench/api.js";
import { el, icon, role } from "../workbench/dom.js";

const DONE = { approved: ["approved", "settled"], changes_asked: ["changes", "changes asked"] };

/** `open(row)` shows an input. A row may carry `done` (decided on this page) or `closed` (nothing waits there any more). */
export function createInputs({ api, url, open }) {
  const rows = [];
  let next = "0";
  let at = -1;

  async function more() {
    if (next === null) return;
    const page = await api.get(withQuery(url, { after: next }));
    const known = new Set(rows.map((row) => row.id));
    rows.push(...page.inputs.filter((row) => !known.has(row.id)));
    next = page.next;
  }

  function frame(row, index) {
    const [drawing, words] = DONE[row.done] || [];
    return el("button", {
      type: "button", class: "wb-frame", "aria-current": index === at ? "true" : null, click: () => go(index),
    }, el("img", { class: "wb-frame-image", src: row.thumb, alt: "", loading: "lazy" }),
    el("span", { class: "wb-frame-name", text: row.name }),
    words && el("span", { class: "wb-frame-state" }, el("span", { class: "wb-state", data: { state: row.done } }, icon(drawing), el("span", { text: words }))));
  }

  function draw() {
    role("film").replaceChildren(...rows.map(frame));
    role("film").querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
    role("position").textContent = rows.length ? `${at + 1} of ${rows.length}${next === null ? "" : "+"}` : "";
  }

  /** Shows the input at a place; false where there is none. */
  async function go(index) {
    if (index >= rows.length - 3) await more().catch(() => { /* the next step asks again */ });
    if (!rows[index]) return false;
    at = index;
    draw();
    await open(rows[at]);
    return true;
  }

  const waits = (row) => !row.done && !row.closed;

  return {
    get current() { return rows[at] || null; },
    more,
    draw,
    show: (row) => go(rows.indexOf(row)),
    /** The neighbour, forwards over what is decided. */
    step(direction) {
      let index = at + direction;
      while (direction > 0 && rows[index]?.done) index += 1;
      return go(index);
    },
    /** The next input that waits, then those that were passed over; false where none is left. */
    async onward() {
      while (next !== null && !rows.slice(at + 1).some(waits)) await more();
      const after = rows.findIndex((row, index) => index > at && waits(row));
      return go(after < 0 ? rows.findIndex(waits) : after);
    },
  };
}
