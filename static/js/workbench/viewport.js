/** Zoom, pan and the light of the image; the light and the zoom are kept from one item to the next. */
import { clamp, fitView, holdView, zoomView } from "./geometry.js";

const LIGHT_KEY = "proofdesk.light";
const PALETTE = 64; // pixels from the stage's left edge to where the palette ends, and a gap
const NEUTRAL = { brightness: 100, contrast: 100, invert: false };

/**
 * `stage` is the grey surround, `world` the positioned box that holds image and shapes at the image's place.
 * Light values are percent, 20..300.
 */
export function createViewport({ stage, world, storage = globalThis.sessionStorage }) {
  let size = { width: 1, height: 1 };
  let room = { width: stage.clientWidth, height: stage.clientHeight };
  let view = { scale: 1, x: 0, y: 0 };
  let fitted = true;
  let light = readLight(storage);
  const watchers = new Set();

  function place() {
    world.style.width = `${size.width * view.scale}px`;
    world.style.height = `${size.height * view.scale}px`;
    world.style.transform = `translate(${Math.round(view.x)}px, ${Math.round(view.y)}px)`;
    world.classList.toggle("is-magnified", view.scale > 3);
    for (const watcher of watchers) watcher(view, light);
  }

  function show(next) {
    fitted = false;
    view = holdView(next, size.width, size.height, room.width, room.height);
    place();
  }

  function fit() {
    fitted = true;
    const margin = room.width < 600 ? 8 : 16;
    view = fitView(size.width, size.height, room.width, room.height, margin);
    // The palette stands on the left of a wide stage: a picture that would reach under it makes room.
    if (margin === 16 && view.x < PALETTE) {
      const rest = room.width - PALETTE + margin;
      view = fitView(size.width, size.height, rest, room.height, margin);
      view.x += PALETTE - margin;
    }
    place();
  }

  function shine(change) {
    light = { ...light, ...change };
    light.brightness = clamp(light.brightness, 20, 300);
    light.contrast = clamp(light.contrast, 20, 300);
    try { storage.setItem(LIGHT_KEY, JSON.stringify(light)); } catch { /* a full or closed store only forgets the light */ }
    const neutral = light.brightness === 100 && light.contrast === 100 && !light.invert;
    world.style.setProperty("--light", neutral ? "none"
      : `brightness(${light.brightness}%) contrast(${light.contrast}%) invert(${light.invert ? 1 : 0})`);
    for (const watcher of watchers) watcher(view, light);
  }

  new ResizeObserver(() => {
    room = { width: stage.clientWidth, height: stage.clientHeight };
    if (fitted) fit();
    else show(view);
  }).observe(stage);
  shine({});

  return {
    get view() { return view; },
    watch(watcher) { watchers.add(watcher); },

    /** An image of this many pixels is shown next: fitted, unless a zoom can be kept because the size is the same. */
    open(width, height) {
      const same = size.width === width && size.height === height;
      size = { width, height };
      if (fitted || !same) fit();
      else place();
    },

    fit,
    zoom(factor, x = room.width / 2, y = room.height / 2) { show(zoomView(view, factor, x, y)); },
    actual() { show(zoomView(view, 1 / view.scale, room.width / 2, room.height / 2)); },
    pan(dx, dy) { show({ ...view, x: view.x + dx, y: view.y + dy }); },

    /** Page position -> [row, column] as fractions of the image (outside it below 0 or above 1). */
    toImage(clientX, clientY) {
      const at = stage.getBoundingClientRect();
      return [(clientY - at.top - view.y) / (size.height * view.scale),
        (clientX - at.left - view.x) / (size.width * view.scale)];
    },

    /** A distance in screen pixels as fractions [rows, columns]. */
    toFraction(pixels) {
      return [pixels / (size.height * view.scale), pixels / (size.width * view.scale)];
    },

    brighten(step) { shine({ brightness: light.brightness + step }); },
    contrast(step) { shine({ contrast: light.contrast + step }); },
    invert() { shine({ invert: !light.invert }); },
    resetLight() { shine(NEUTRAL); },
  };
}

function readLight(storage) {
  try {
    return { ...NEUTRAL, ...JSON.parse(storage.getItem(LIGHT_KEY) || "{}") };
  } catch {
    return { ...NEUTRAL };
  }
}
