/** Making and finding elements. Text goes in as text, never as markup. */

const SVG = "http://www.w3.org/2000/svg";

function fill(node, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "text") node.textContent = value;
    else if (name === "data") Object.assign(node.dataset, value);
    else if (typeof value === "function") node.addEventListener(name, value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** An element; functions among the properties become listeners of the event they are named after. */
export function el(tag, properties = {}, ...children) {
  return fill(document.createElement(tag), properties, children);
}

export function svg(tag, properties = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), properties, children);
}

/** A drawing of the page's sprite; decoration only, words stand beside it. */
export function icon(name) {
  return svg("svg", { class: "wb-icon", "aria-hidden": "true", viewBox: "0 0 20 20" }, svg("use", { href: `${document.body.dataset.sprite || ""}#icon-${name}` }));
}

export function role(name, root = document) {
  return root.querySelector(`[data-role="${name}"]`);
}

export function action(name, root = document) {
  return root.querySelector(`[data-action="${name}"]`);
}

export function config() {
  return JSON.parse(document.getElementById("workbench-config").textContent);
}

/** Address from a template with {id} or {operation}. */
export function address(template, value) {
  return template.replace(/\{(id|operation)\}/, encodeURIComponent(value));
}

/** Words for a screen reader; the same words twice are read twice. */
export function announce(words) {
  const region = role("live");
  if (!region) return;
  region.textContent = "";
  requestAnimationFrame(() => { region.textContent = words; });
}

/** Runs once what is on the canvas now has been painted; in a hidden page soon. */
export function afterPaint(run) {
  let done = false;
  const once = () => { if (!done) { done = true; run(); } };
  requestAnimationFrame(() => setTimeout(once));
  setTimeout(once, 150);
}

/** A control that is off says why instead of vanishing: `why` empty means on. */
export function allow(button, why) {
  button.setAttribute("aria-disabled", why ? "true" : "false");
  if (why) button.title = why;
  else button.removeAttribute("title");
}

function refusal(button) {
  return button.getAttribute("aria-disabled") === "true" ? button.title || "Not possible now." : "";
}

/** What a click on a control does, unless it is off: then its reason is read out. */
export function onClick(name, run) {
  const button = action(name);
  button?.addEventListener("click", () => {
    const why = refusal(button);
    if (why) announce(why);
    else run();
  });
}

/** The states of a work item: icon and word, always together. */
const STATES = {
  to_do: ["todo", "to do"], in_progress: ["progress", "in progress"], awaiting_review: ["awaiting", "awaiting review"],
  changes_asked: ["changes", "changes asked"], approved: ["approved", "approved"], rejected: ["rejected", "rejected"],
  skipped: ["skip", "skipped"], submitted: ["awaiting", "submitted"], conflict: ["conflict", "conflict"],
};

export function stateBadge(state, ...words) {
  const [drawing, word] = STATES[state] || ["todo", state];
  return el("span", { class: "wb-state", data: { state } }, icon(drawing), el("span", {}, ...(words.length ? words : [word])));
}

/** What a person reads for each state of a delivery, and whether it is an end. */
export const DELIVERY = {
  saving: { word: "saving", end: false, tone: "wait" },
  unsent: { word: "not saved yet, kept in this browser", end: false, tone: "wait" },
  held: { word: "saved here", end: false, tone: "wait" },
  pending: { word: "saved here, waiting to be sent", end: false, tone: "wait" },
  sent: { word: "sent", end: false, tone: "wait" },
  confirmed: { word: "confirmed by the platform", end: true, tone: "good" },
  conflict: { word: "conflict: changed on the platform meanwhile", end: true, tone: "conflict" },
  failed: { word: "not delivered: needs you", end: true, tone: "bad" },
  refused: { word: "refused", end: true, tone: "bad" },
  withdrawn: { word: "taken back", end: true, tone: "none" },
};
