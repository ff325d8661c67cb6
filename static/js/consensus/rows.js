/** The list beside the picture: who labeled the input, and for each object whose shape stands. */
import { el, icon, stateBadge } from "../workbench/dom.js";
import { markOf, outcomes } from "./picks.js";

const FATE = "kept: their shape stands; same: it agrees with one that stands; out: nothing like it stands";
const WORDS = { approve: "approved", reject: "rejected" };

/** One line per labeler with what becomes of their work. */
export function drawPeople({ place, labelers, rows, picks, letterOf }) {
  const waiting = labelers.filter((one) => one.state === "awaiting_review");
  const fate = new Map(outcomes(waiting, rows, picks).map((one) => [one.item, one]));
  place.replaceChildren(...labelers.map((one) => {
    const mine = fate.get(one.item);
    const words = mine && (mine.verdict === "reject" ? "rejected: nothing stands"
      : [[mine.stand, "kept"], [mine.merged, "same"], [mine.fall, "out"]]
        .filter(([count]) => count).map(([count, word]) => `${count} ${word}`).join(", ") || "nothing drawn");
    return el("li", { class: "cs-person" }, el("b", { class: "cs-letter", text: letterOf(one.item) }),
      el("span", { class: "cs-person-name", text: one.name }),
      mine ? el("small", { class: "cs-fate", data: { verdict: mine.verdict }, title: FATE }, icon(WORDS[mine.verdict]), words) : stateBadge(one.state));
  }));
}

function meaning(group, conceptOf) {
  const { name } = conceptOf(group.concept);
  return group.kind === "tag" && !group.value ? `not ${name}` : name;
}

/** `pick(row, key | null)` and `focus(row index)` are called by the mouse; the keys are wired by the page. */
export function createRows({ place, conceptOf, letterOf, pick, focus }) {
  let nodes = [];

  function choices(row, labelers, picks) {
    const several = row.groups.length > 1;
    const chosen = picks.get(row.id);
    const buttons = labelers.map((one) => {
      const mark = markOf(row, one.item);
      const letter = letterOf(one.item);
      if (!mark) return el("span", { class: "cs-absent", title: `${one.name} did not draw this`, text: "–" });
      const words = several ? `${letter} ${conceptOf(mark.concept).name}` : letter;
      return el("button", {
        type: "button", class: "cs-choice", tabindex: "-1", "aria-pressed": String(chosen === mark.key),
        "aria-label": `${one.name}, ${conceptOf(mark.concept).name}`, text: words, click: () => pick(row, mark.key),
      });
    });
    return [...buttons, el("button", {
      type: "button", class: "cs-choice is-none", tabindex: "-1", "aria-pressed": String(chosen === null),
      text: "none", click: () => pick(row, null),
    })];
  }

  function words(row, picks, labelers) {
    const most = row.groups[0];
    const agreed = `${most.marks.length} of ${labelers.length}`;
    if (!picks.has(row.id)) return row.groups.length > 1 ? "disputed, to decide" : `${agreed}, to decide`;
    return picks.get(row.id) ? agreed : `${agreed}, none stands`;
  }

  return {
    draw({ rows, labelers, picks, at }) {
      nodes = rows.map((row, index) => {
        const title = row.groups.map((group) => meaning(group, conceptOf)).join(" or ");
        const told = words(row, picks, labelers);
        return el("div", {
          class: "cs-row", tabindex: index === at ? "0" : "-1", role: "listitem", "aria-label": `${title}: ${told}`,
          "aria-current": index === at ? "true" : null, data: { open: String(!picks.has(row.id)) },
          click: () => focus(index), focus: () => { if (index !== at) focus(index); },
        }, el("span", { class: "cs-row-head" },
          ...row.groups.map((group) => el("i", { class: "wb-swatch", data: { color: conceptOf(group.concept).color } })),
          el("span", { class: "cs-row-name", text: title }),
          el("small", { class: "cs-agreed" }, picks.has(row.id) ? null : icon("help"), told)),
        el("span", { class: "cs-choices", role: "group", "aria-label": `Whose ${title} stands` }, ...choices(row, labelers, picks)));
      });
      const had = place.contains(document.activeElement);
      place.replaceChildren(...nodes);
      if (had) nodes[at]?.focus({ preventScroll: true });
      nodes[at]?.scrollIntoView({ block: "nearest" });
    },
    focusOn(at) { nodes[at]?.focus({ preventScroll: true }); },
  };
}
