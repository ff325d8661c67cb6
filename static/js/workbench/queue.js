/** The row of items to work on: pages of it, bodies and decoded images of the next ones, and the way back. */
import { withQuery } from "./api.js";
import { address } from "./dom.js";

const FRESH = 5 * 60 * 1000; // a prefetched body older than this is read again before it is shown

/** A decoded image, ready to be put on the page without a pause. Rejects where it cannot be read. */
export async function loadImage(url, alt) {
  const image = new Image();
  image.decoding = "sync";
  image.draggable = false;
  image.alt = alt;
  image.src = url;
  await image.decode();
  return image;
}

export function createQueue({ api, urls, state = null, ahead = 6, changed = () => {}, clock = Date.now }) {
  let items = [];
  let index = -1;
  let cursor = null;
  let started = false;
  let loading = null;
  let counts = { total: 0, done: 0 };
  let prepended = 0;
  const answers = new Map(); // item id -> {decided, state}; a page read before it was saved does not know it
  const bodies = new Map();
  const images = new Map();

  function keepBody(id, body) {
    bodies.set(id, { at: clock(), body, promise: Promise.resolve(body) });
  }

  async function readPage() {
    const page = await api.get(withQuery(urls.queue, { state, after: cursor, bodies: 1 }));
    const known = new Set(items.map((item) => item.id));
    for (const item of page.items) {
      if (item.body) keepBody(item.id, item.body);
      if (!known.has(item.id)) items.push({ id: item.id, name: item.name, thumb: item.thumb, state: item.skipped ? "skipped" : item.state, ...answers.get(item.id) });
    }
    if (!started) counts = { total: page.total, done: page.done };
    started = true;
    cursor = page.next;
    changed();
    return page;
  }

  function more() {
    if (started && !cursor) return Promise.resolve(null);
    loading = loading || readPage().finally(() => { loading = null; });
    return loading;
  }

  function body(id) {
    const kept = bodies.get(id);
    if (kept && clock() - kept.at < FRESH) return kept.promise;
    const promise = api.get(address(urls.item, id));
    const entry = { at: clock(), body: null, promise };
    bodies.set(id, entry);
    promise.then((read) => { entry.body = read; }, () => { if (bodies.get(id) === entry) bodies.delete(id); });
    return promise;
  }

  function image(id, url, name) {
    const kept = images.get(id);
    if (kept && kept.url === url) return kept.promise;
    const entry = { url, image: null, promise: loadImage(url, name) };
    images.set(id, entry);
    entry.promise.then((read) => { entry.image = read; }, () => { if (images.get(id) === entry) images.delete(id); });
    return entry.promise;
  }

  /** Reads the next few and the one before; forgets images that are far away. */
  function prefetch() {
    const near = items.slice(Math.max(0, index - 1), index + 1 + ahead);
    for (const item of near) {
      body(item.id).then((read) => image(item.id, read.item.image.url, read.item.name)).catch(() => { /* told when it is opened */ });
    }
    const kept = new Set(items.slice(Math.max(0, index - 4), index + 3 + ahead).map((item) => item.id));
    for (const id of images.keys()) if (!kept.has(id)) images.delete(id);
    const known = new Set(items.slice(Math.max(0, index - 20), index + 100).map((item) => item.id));
    for (const id of bodies.keys()) if (!known.has(id)) bodies.delete(id);
    if (index + ahead + 2 > items.length && cursor) more().then(() => prefetch()).catch(() => { /* tried again at the next step */ });
  }

  /** Somebody who thinks for long still finds the next items here, and none of them old. */
  function refresh() {
    if (document.hidden || index < 0) return;
    for (const item of items.slice(index + 1, index + 1 + ahead)) {
      const kept = bodies.get(item.id);
      if (kept && clock() - kept.at > FRESH - 60000) api.get(address(urls.item, item.id)).then((read) => keepBody(item.id, read), () => {});
    }
  }
  setInterval(refresh, 30000);

  return {
    get items() { return items; },
    get index() { return index; },
    get current() { return items[index] || null; },
    get started() { return started; },
    get counts() { return counts; },
    get position() { return Math.min(counts.total, counts.done + Math.max(0, index - prepended) + 1); },
    get hasMore() { return !started || Boolean(cursor); },
    more,
    body,
    image,
    prefetch,

    /** Body and image if both are here already; else null. */
    ready(id) {
      const kept = bodies.get(id);
      const picture = images.get(id);
      return kept?.body && picture?.image && clock() - kept.at < FRESH ? { body: kept.body, image: picture.image } : null;
    },

    /** The body is read again when it is asked for next; the picture is still the same. */
    forget: (id) => bodies.delete(id),

    /** Puts the item in view, reading pages until it is found; an item outside the queue stands before it. */
    async find(id) {
      for (let pages = 0; pages < 4 && !items.some((item) => item.id === id) && (!started || cursor); pages += 1) await more();
      if (!items.some((item) => item.id === id)) {
        const { item } = await body(id);
        items.unshift({ id, name: item.name, thumb: item.image.thumb, state: item.state, ...answers.get(id) });
        prepended += 1;
        if (index >= 0) index += 1;
      }
      return items.findIndex((item) => item.id === id);
    },

    go(to) {
      index = Math.max(0, Math.min(items.length - 1, to));
      changed();
      return items[index] || null;
    },

    /** What became of an item here: {decided, state}; `decided` null opens it again. */
    mark(id, answer) {
      if (answer.decided) answers.set(id, answer);
      else answers.delete(id);
      const item = items.find((one) => one.id === id);
      if (item) Object.assign(item, answer);
      changed();
    },

    decided: (id) => answers.get(id)?.decided || null,

    /** The nearest item after this one that is still open, or before it, or null. */
    nextOpen() {
      const open = (item) => !item.decided;
      const after = items.findIndex((item, at) => at > index && open(item));
      return after >= 0 ? after : items.findIndex((item, at) => at < index && open(item));
    },
  };
}
