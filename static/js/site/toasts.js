// Notices at the lower right. An error stays until it is dismissed; the rest leave after a while.
const holder = document.getElementById("toasts");
const STAY_MS = 6000;

function arm(notice) {
  notice.querySelector("[data-dismiss]")?.addEventListener("click", () => notice.remove());
  if (!notice.matches(".is-error, .is-warning")) setTimeout(() => notice.remove(), STAY_MS);
}

function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${document.body.dataset.sprite}#icon-${name}`);
  svg.append(use);
  return svg;
}

/** Show a sentence; kind is "info", "success", "warning" or "error". */
export function toast(sentence, kind = "info") {
  if (!holder) return;
  const notice = document.createElement("div");
  notice.className = `toast is-${kind}`;
  const text = document.createElement("p");
  text.textContent = sentence;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "icon-button";
  close.dataset.dismiss = "";
  close.setAttribute("aria-label", "Dismiss");
  close.append(icon("cross"));
  notice.append(icon({ error: "warning", warning: "warning", success: "approved" }[kind] ?? "info"), text, close);
  holder.append(notice);
  arm(notice);
}

holder?.querySelectorAll("[data-toast]").forEach(arm);
