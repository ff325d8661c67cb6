/** Talking to the window: JSON requests with the CSRF token, one error type; unsent saves and edits survive a closed page. */

/** `kind`: "refused" (the window said no), "later" (it could not answer), "offline" (it was not reached). */
export class ApiError extends Error {
  constructor(kind, detail, { status = 0, code = "", fields = {}, wait = 0 } = {}) {
    super(detail);
    Object.assign(this, { name: "ApiError", kind, detail, status, code, fields, wait });
  }
}

const WORDS = {
  403: "You may not do this here.", 404: "This is not there any more.", 409: "Somebody else changed this meanwhile.",
  413: "This is too large to send.",
};

/** Address with query parameters added; null and undefined are left out. */
export function withQuery(url, parameters) {
  const [path, old = ""] = url.split("?");
  const query = new URLSearchParams(old);
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== null && value !== undefined) query.set(name, value);
  }
  const text = query.toString();
  return text ? `${path}?${text}` : path;
}

export function createApi({ fetch = globalThis.fetch.bind(globalThis), timeout = 20000 } = {}) {
  let token = document.querySelector('meta[name="csrf-token"]')?.content || "";

  /** After a new sign-in in another tab the token of this page is old: this page's address knows the new one. */
  async function freshToken() {
    const answer = await fetch(globalThis.location.href, { credentials: "same-origin" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const found = page.querySelector('meta[name="csrf-token"]')?.content;
    const changed = Boolean(found) && found !== token && !answer.redirected;
    if (changed) token = found;
    return changed;
  }

  async function ask(method, url, body, { keepalive = false, again = true } = {}) {
    const headers = { Accept: "application/json" };
    if (method !== "GET") Object.assign(headers, { "Content-Type": "application/json", "X-CSRFToken": token });
    let answer;
    try {
      answer = await fetch(url, {
        method, headers, keepalive, credentials: "same-origin",
        body: body === undefined ? undefined : JSON.stringify(body),
        signal: keepalive ? undefined : AbortSignal.timeout(timeout),
      });
    } catch {
      throw new ApiError("offline", "The server was not reached.");
    }
    if (answer.status === 204) return null;
    const json = (answer.headers.get("Content-Type") || "").includes("json");
    const data = json ? await answer.json().catch(() => null) : null;
    if (answer.ok && data !== null) return data;
    if (answer.status === 401 || (!json && (answer.redirected || answer.ok))) {
      throw new ApiError("later", "You are signed out. Sign in again in another tab.", { status: 401, wait: 15000 });
    }
    if (answer.status === 403 && !json && again && method !== "GET" && await freshToken().catch(() => false)) {
      return ask(method, url, body, { keepalive, again: false });
    }
    const details = { status: answer.status, code: data?.code, fields: data?.fields || {}, wait: retryAfter(answer) };
    if (answer.status >= 500 || answer.status === 429 || answer.status === 408) {
      throw new ApiError("later", data?.detail || "The server could not answer just now.", details);
    }
    const rules = Object.entries(details.fields).map(([field, rule]) => `${field} ${rule}.`);
    throw new ApiError("refused", [data?.detail || WORDS[answer.status] || `The server refused (${answer.status}).`, ...rules].join(" "), details);
  }

  return {
    get: (url) => ask("GET", url),
    post: (url, body) => ask("POST", url, body),
    put: (url, body, options) => ask("PUT", url, body, options),
  };
}

function retryAfter(answer) {
  const seconds = Number(answer.headers.get("Retry-After"));
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : 0;
}

/** Milliseconds before try number n + 1: doubling from 1 s to 30 s with full jitter above half. */
export function backOff(tries, random = Math.random()) {
  const most = Math.min(30000, 1000 * 2 ** Math.max(0, tries - 1));
  return most / 2 + (most / 2) * random;
}

/**
 * Saves in order of the click, kept in the browser's store until the window has answered. An entry is
 * {operation, url, body, item, name, what}; the operation id makes a second try harmless. A refused entry stays
 * until a person tries it again or discards it.
 * `changed(entry, event, detail)`: event is "waiting" | "saved" | "refused" | "dropped".
 */
export function createOutbox({ api, name, changed, storage = globalThis.localStorage }) {
  const key = `proofdesk.unsent.${name}`;
  let memory = [];
  let full = false; // the store took no more: the page still holds them
  let timer = null;
  const busy = new Set();
  const settled = new Map();

  function load() {
    try { return full ? memory : JSON.parse(storage.getItem(key) || "[]"); } catch { return memory; }
  }

  function keep(entries) {
    memory = entries;
    try {
      storage.setItem(key, JSON.stringify(entries));
      full = false;
    } catch {
      full = true;
    }
  }

  function replace(operation, patch) {
    keep(load().flatMap((entry) => (entry.operation !== operation ? [entry] : patch ? [{ ...entry, ...patch }] : [])));
  }

  function settle(operation, outcome) {
    for (const resolve of settled.get(operation) || []) resolve(outcome);
    settled.delete(operation);
  }

  async function send(entry) {
    if (busy.has(entry.operation)) return;
    busy.add(entry.operation);
    try {
      const answer = await api.post(entry.url, entry.body);
      replace(entry.operation, null);
      changed(entry, "saved", answer);
      settle(entry.operation, { saved: true, answer });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.kind === "refused") {
        replace(entry.operation, { refused: error.detail });
        changed({ ...entry, refused: error.detail }, "refused", error);
        settle(entry.operation, { saved: false, error });
      } else {
        const tries = (entry.tries || 0) + 1;
        replace(entry.operation, { tries });
        changed({ ...entry, tries }, "waiting", error);
        plan(error.wait || backOff(tries));
      }
    } finally {
      busy.delete(entry.operation);
    }
  }

  function plan(wait) {
    clearTimeout(timer);
    timer = setTimeout(flush, wait);
  }

  function flush() {
    clearTimeout(timer);
    for (const entry of load()) if (!entry.refused) send(entry);
  }

  globalThis.addEventListener?.("online", flush);

  return {
    flush,
    get waiting() { return load().filter((entry) => !entry.refused); },
    get refused() { return load().filter((entry) => entry.refused); },

    put(entry) {
      keep([...load(), { ...entry, tries: 0, at: new Date().toISOString() }]);
      return send(entry);
    },
    again(operation) {
      replace(operation, { refused: undefined });
      flush();
    },
    drop(operation) {
      const entry = load().find((one) => one.operation === operation);
      replace(operation, null);
      if (entry) changed(entry, "dropped", null);
    },

    /** Resolves when the save was answered; at once where it is not waiting. */
    whenSettled(operation) {
      if (!load().some((entry) => entry.operation === operation && !entry.refused)) return Promise.resolve({ saved: true });
      return new Promise((resolve) => settled.set(operation, [...(settled.get(operation) || []), resolve]));
    },
  };
}

/** Unfinished edits in the browser's store, by item. `scope` keeps connections and modes apart; a full store forgets with the page. */
export function createKept({ scope, storage = globalThis.localStorage }) {
  const held = new Map();
  const keyOf = (id) => `proofdesk.draft.${scope}.${id}`;

  return {
    read(id) {
      if (held.has(id)) return held.get(id);
      try {
        const draft = JSON.parse(storage.getItem(keyOf(id)) || "null");
        if (draft) held.set(id, draft);
        return draft;
      } catch {
        return null;
      }
    },
    write(id, draft) {
      held.set(id, draft);
      try { storage.setItem(keyOf(id), JSON.stringify(draft)); } catch { /* held in memory */ }
    },
    clear(id) {
      held.delete(id);
      try { storage.removeItem(keyOf(id)); } catch { /* nothing kept, nothing to remove */ }
    },
  };
}
