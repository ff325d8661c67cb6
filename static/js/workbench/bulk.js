/** How far a bulk decision got: asked again and again, more slowly where nothing answers. */
import { el } from "./dom.js";

/** The bar moves until the platform has confirmed all, or a person is needed for the rest. Resolves to the last words. */
export async function followBulk({ api, url, place, total }) {
  const bar = el("progress", { class: "wb-progress", max: total, value: 0, "aria-label": "Confirmed by the platform" });
  const text = el("span", {});
  place.replaceChildren(bar, text);
  let misses = 0;
  for (;;) {
    try {
      const state = await api.get(url);
      misses = 0;
      bar.value = state.confirmed + state.conflict + state.failed;
      const trouble = [state.conflict ? `${state.conflict} in conflict` : "", state.failed ? `${state.failed} failed` : ""].filter(Boolean).join(", ");
      text.textContent = `${state.saved} saved · ${state.confirmed} of ${state.total} confirmed${trouble ? ` · ${trouble}` : ""}`;
      if (state.finished) return text.textContent;
    } catch (error) {
      misses += 1;
      text.textContent = `Saved. How far it got is not known just now: ${error.detail || "no answer"}`;
    }
    await new Promise((resolve) => setTimeout(resolve, Math.min(15000, (document.hidden ? 5000 : 800) * 2 ** misses)));
  }
}
