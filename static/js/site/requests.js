// htmx glue: the CSRF header on every request, and a readable notice when one fails.
import { toast } from "./toasts.js";

const token = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";

document.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-CSRFToken"] = token();
});

/** The sentence of a refusal, from our JSON or from the status alone. */
function sentence(xhr) {
  try {
    const { detail } = JSON.parse(xhr.responseText);
    if (detail) return detail;
  } catch {
    // A page, not JSON: the status has to do.
  }
  if (xhr.status === 403) return "You may not do this here. Nothing was changed.";
  if (xhr.status === 404) return "This is no longer here. Reload the page.";
  return "The desk could not do this. What was saved before is safe; try again.";
}

// The server may send a notice with a fragment: HX-Trigger: {"toast": {"text": "...", "kind": "success"}}.
document.addEventListener("toast", ({ detail }) => toast(detail.text, detail.kind));

// A fragment that refreshes itself stays quiet when it fails: it will try again.
const isPolling = (element) => /every\s/.test(element?.getAttribute?.("hx-trigger") ?? "");

document.addEventListener("htmx:responseError", (event) => {
  if (!isPolling(event.detail.elt)) toast(sentence(event.detail.xhr), "error");
});

document.addEventListener("htmx:sendError", (event) => {
  if (!isPolling(event.detail.elt)) toast("No connection to the desk. Nothing was sent; try again.", "error");
});
