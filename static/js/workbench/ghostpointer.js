/** Mouse and fingers on suggestions: a click takes one in hand, a grip that is dragged accepts it and changes it. */
import { screenDistance, shapesAt } from "./geometry.js";
import { gripsOf } from "./ghostlayer.js";
import { isDrawn } from "./shapes.js";

const SLIP = 3; // screen pixels that a hand may slip in a click

/** `open()`: suggestions on the picture now; `inHand()`, `choose(ghost)`, `edit(ghost)`. */
export function watchPointer({ stage, open, inHand, choose, edit }) {
  const { surface, store, viewport } = stage;
  let from = [0, 0];

  const pointOf = (event) => viewport.toImage(event.clientX, event.clientY);
  const isFree = () => !store.state.sketch && !["pan", "polygon"].includes(store.state.tool);

  function isOnGrip(event, ghost) {
    const { width, height } = store.state;
    const reach = event.pointerType === "touch" ? 22 : 8;
    const at = pointOf(event);
    return gripsOf(ghost).some((grip) => screenDistance(at, grip, width, height, viewport.view.scale) <= reach);
  }

  function gripped(event) {
    const ghost = open().length ? inHand() : null;
    return ghost && isFree() && isOnGrip(event, ghost) ? ghost : null;
  }

  // Before the tools see it: they find the accepted shape selected, and its handle under the pointer.
  surface.addEventListener("pointerdown", (event) => {
    from = [event.clientX, event.clientY];
    const ghost = event.button === 0 ? gripped(event) : null;
    if (ghost) edit(ghost);
  }, true);

  surface.addEventListener("pointermove", (event) => {
    if (!event.buttons && gripped(event)) surface.style.cursor = "move";
  });

  surface.addEventListener("click", (event) => {
    if (event.target.closest("button, a") || !isFree()) return;
    if (Math.hypot(event.clientX - from[0], event.clientY - from[1]) > SLIP) return;
    const [rows, columns] = viewport.toFraction(4);
    const ghosts = open().filter(isDrawn);
    const under = shapesAt(ghosts, pointOf(event), rows, columns);
    const [top] = shapesAt([...ghosts, ...store.state.shapes.filter(isDrawn)], pointOf(event), rows, columns);
    if (!under.includes(top)) {
      if (inHand()) choose(null);
      return;
    }
    const next = under[(under.indexOf(inHand()?.id) + 1) % under.length];
    choose(ghosts.find((ghost) => ghost.id === next));
  });
}
