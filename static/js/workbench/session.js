/** From item to item, as review and label do it: opening one with its picture, answering it, the way on, the end. */
import { action as control, address, afterPaint, announce, onClick, role } from "./dom.js";
import { createOutbox } from "./api.js";
import { closeNotice, notice } from "./dialogs.js";
import { applyChanges, newId, readShapes } from "./shapes.js";
import { createFilm } from "./panel.js";
import { createQueue } from "./queue.js";

/**
 * A session is what this page knows of one item. `page` is what differs between the two workbenches: `restore(opened, id)` gives
 * the shapes to start from, `look(session)` options of stage.open, `instead` the buttons where a picture is missing, `ended()`
 * title and text of the end; `arrived`, `edited`, `saved`, `openAgain` tell what happened, the rest draws.
 */
export function createSessions({ settings, api, stage, panel, ...page }) {
  const { task } = settings;
  const sessions = new Map();
  const edits = new Map(); // item id -> changes to lay over its body when it is read again
  let session = null;
  let turn = 0;
  let finished = false;
  let ghosts = null; // suggestions, where the task has a model

  const queue = createQueue({ api, urls: page.urls, state: page.state, changed: () => {
    film.draw();
    page.position();
  } });
  const film = createFilm({ queue, open: show });
  const outbox = createOutbox({ api, name: `${settings.connection}.${settings.mode}`, changed: onSave });

  /* ---- opening ---- */

  function begin(body) {
    const { id, name } = body.item;
    const opened = readShapes(body.annotations);
    const list = edits.get(id);
    edits.delete(id);
    return {
      id, name, body, opened, operation: newId(), shapes: list ? applyChanges(opened, list) : page.restore(opened, id),
      history: null, kept: null, decided: queue.decided(id), seen: false, blind: false,
    };
  }

  /** Brings an item on the canvas: at once where it was prefetched, else with a skeleton of its size. */
  async function show(index) {
    const item = queue.go(index);
    if (!item) return finish();
    turn += 1;
    const mine = turn;
    finished = false;
    role("finished").hidden = true;
    const fresh = !sessions.has(item.id);
    const ready = queue.ready(item.id);
    if (ready) {
      open(ready.body);
      shine(ready.image);
    } else {
      leaveEmpty();
      stage.setImage(null);
      let body = null;
      try {
        body = await queue.body(item.id);
      } catch (error) {
        if (mine === turn) stage.say(`${item.name} could not be read. ${error.detail || ""}`, [["Try again", () => show(queue.index)], ["Next", () => control("next").click()]]);
      }
      if (mine !== turn || !body) return undefined;
      open(body);
      await showImage(mine);
    }
    if (fresh) page.arrived?.(sessions.get(item.id));
    afterPaint(() => {
      queue.prefetch();
      film.showPictures();
    });
    return undefined;
  }

  function open(body) {
    const { id, name } = body.item;
    if (!sessions.has(id)) sessions.set(id, begin(body));
    session = sessions.get(id);
    forgetOld();
    session.seen = false;
    draw();
    panel.show(session.body, page.banner(session.body), session.decided && queue.current.state);
    document.title = `${name} · ${task.name}`;
  }

  function draw() {
    session.kept = null;
    session.history = stage.open(session.body, { opened: session.opened, shapes: session.shapes, past: session.history, ...page.look(session) });
    session.kept = session.history.value;
  }

  /** A day's work does not pile up in memory: what was decided long ago can be read again. */
  function forgetOld() {
    if (sessions.size < 200) return;
    for (const [id, old] of sessions) {
      if (sessions.size < 150) return;
      if (old.decided && old !== session) sessions.delete(id);
    }
  }

  function shine(image) {
    session.seen = true;
    stage.setImage(image);
    performance.mark("proofdesk:drawn");
    page.permit();
  }

  async function showImage(mine) {
    const { id, name, image } = session.body.item;
    stage.setImage(null);
    page.permit();
    try {
      const picture = await queue.image(id, image.url, name);
      if (mine === turn) shine(picture);
    } catch {
      if (mine === turn) stage.say("The picture could not be loaded. Its shapes are here, and nothing is lost.", [["Try again", () => showImage(turn)], ...page.instead]);
    }
  }

  /** Goes on without the picture, where a person says so. */
  function blind() {
    session.blind = true;
    stage.setImage(null);
    page.permit();
    announce("You may go on without the picture.");
  }

  /* ---- going on ---- */

  function leaveEmpty() {
    session = null;
    page.permit();
  }

  function advance() {
    const next = queue.nextOpen();
    if (next >= 0) return show(next);
    if (!queue.hasMore) return finish();
    leaveEmpty();
    return queue.more().then(advance, (error) => stage.say(`The queue could not be read. ${error.detail || ""}`, [["Try again", advance]]));
  }

  function finish() {
    finished = true;
    turn += 1;
    stage.clear();
    leaveEmpty();
    page.position();
    [role("finished-title").textContent, role("finished-text").textContent] = page.ended();
    role("finished").hidden = false;
    role("finished").querySelector("a").focus();
  }

  async function showItem(id) {
    try {
      await show(await queue.find(id));
    } catch (error) {
      stage.say(`This item could not be read. ${error.detail || ""}`, [["Try again", () => showItem(id)]]);
    }
  }

  /** Reads an item again as the window has it now; a list of changes is laid over it. */
  function reopen(id, list = null) {
    release(id);
    sessions.delete(id);
    queue.forget(id);
    if (list) edits.set(id, list);
    return showItem(id);
  }

  function release(id) {
    queue.mark(id, { decided: null, state: sessions.get(id)?.body.item.state || page.state || "in_progress" });
  }

  onClick("next", () => {
    if (queue.index < queue.items.length - 1) show(queue.index + 1);
    else if (queue.hasMore) queue.more().then(() => show(queue.index + 1), () => announce("The next items could not be read."));
    else if (queue.nextOpen() < 0) finish();
    else announce("This is the last item.");
  });
  onClick("previous", () => { if (finished || queue.index > 0) show(finished ? queue.items.length - 1 : queue.index - 1); });

  /* ---- answering ---- */

  /** Why the item cannot be answered now, or "". `rule` takes {ok, why} out of what the window allows. */
  function blocked(rule, needsPicture = true) {
    if (!session) return finished ? page.words.nothing : "Still loading.";
    if (session.decided) return page.words.decided(session);
    if (needsPicture && !session.seen && !session.blind) return "The picture is not here yet.";
    const can = rule(session.body.can);
    return can.ok ? "" : can.why;
  }

  /** Storing and sending come after the next item is drawn, in the same turn of the event loop: they must not delay it. */
  function answer({ decided, state }, url, body, what) {
    const { id, name, operation } = session;
    const said = ghosts?.said(body) || body;
    session.decided = decided;
    queue.mark(id, { decided, state });
    performance.mark("proofdesk:decided");
    advance();
    outbox.put({ operation, url: address(url, id), body: said, item: id, name, what, decided, state });
    announce(`${name} ${what}.`);
  }

  function onSave(entry, event, detail) {
    const { operation, item, decided, state } = entry;
    const one = sessions.get(item)?.operation === operation ? sessions.get(item) : null;
    if (event === "saved") {
      closeNotice("offline");
      closeNotice(operation);
      if (one && !one.decided) { // a refused one that went through the second time
        one.decided = decided;
        queue.mark(item, { decided, state });
      }
    } else if (event === "waiting") {
      const count = outbox.waiting.length;
      notice({
        id: "offline", tone: "bad", actions: [["Try now", () => { outbox.flush(); return false; }]],
        text: `${detail.detail} ${count} ${count === 1 ? "item is" : "items are"} kept in this browser and sent as soon as it answers.`,
      });
    } else if (event === "refused") {
      release(item);
      if (one) one.decided = null;
      tellRefused(entry);
    }
    page.saved(entry, event, detail, one);
    if (one && one === session) page.permit();
    page.light();
  }

  function tellRefused(entry) {
    const { operation, name, what, refused } = entry;
    notice({
      id: operation, tone: "bad", text: `${name} was not ${what}: ${refused} ${page.words.kept}`,
      actions: [
        ["Open it", () => { outbox.drop(operation); page.openAgain(entry); }],
        ["Try again", () => { outbox.again(operation); }],
        ["Discard", () => { outbox.drop(operation); }],
      ],
    });
  }

  stage.store.watch(({ item }) => {
    if (!session?.kept || session.decided || item !== session.id) return;
    const { value } = stage.store.history;
    if (value === session.kept) return;
    session.kept = value;
    page.edited(session);
  });

  onClick("find", () => {
    import("./find.js").then(({ openFind }) => openFind({ queue, show }), () => announce("The search could not be loaded."));
  });
  return {
    queue, outbox, sessions, blocked, blind, draw, answer, reopen,
    get session() { return session; },
    get finished() { return finished; },
    actions: [
      { id: "next", group: "Move on", label: "Next item", keys: ["j"], repeats: true },
      { id: "previous", group: "Move on", label: "Previous item", keys: ["k"], repeats: true },
      { id: "find", group: "Move on", label: "Find an item by name", keys: ["/"] },
      { id: "back", group: "Move on", label: "Back to the task", keys: ["q"] },
      ...stage.actions,
    ],

    start(keys) {
      if (settings.assist) {
        import("./ghosts.js").then((m) => { ghosts = m.createGhosts({ settings, api, stage, queue, keys }); },
          () => announce("The suggestions could not be loaded."));
      }
      page.light();
      outbox.refused.forEach(tellRefused);
      for (const { item, decided, state } of outbox.waiting) queue.mark(item, { decided, state });
      outbox.flush();
      const wanted = Number(new URLSearchParams(globalThis.location.search).get("item")) || settings.start;
      return wanted ? showItem(wanted) : advance();
    },
  };
}
