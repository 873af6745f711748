// The review queue: opens orders beside the list, decides by key, says what others do and what the shop confirmed.
// Every step is a link or a form of the page; without this script they work as they stand.
"use strict";

(() => {
  const queue = document.getElementById("queue");
  if (!queue) return;
  const beside = document.getElementById("beside");
  const bar = document.getElementById("bar");
  const wide = window.matchMedia("(min-width: 901px)");
  const formKey = document.body.dataset.formKey;
  const LEAVES_MS = 10000;
  const POLL_MS = 4000;
  const SOON_MS = 700;

  let open = new URLSearchParams(location.search).get("open") || "";
  let asked = 0; // counts what was opened: an answer that comes late is not shown
  let tag = "";
  let timer = 0;
  let acts = 0; // counts what was decided here: news that was asked for before is not told
  let decidedSince = queue.dataset.since;
  const awaited = new Map(); // what was decided here and the shop has not confirmed: key -> its line and its number

  const rows = () => [...document.querySelectorAll("#rows > .row")];
  const rowOf = (key) => rows().find((row) => row.dataset.key === key);
  const waits = (row) => !row.classList.contains("gone");
  const word = (name, values = {}) =>
    (queue.getAttribute(`data-word-${name}`) || "").replace(/%\((\w+)\)s/g, (_, value) => values[value] ?? "");

  // --- the order beside the list ---

  async function show(row, { focus = false } = {}) {
    if (!row) return;
    open = row.dataset.key;
    const mine = ++asked;
    rows().forEach((one) => {
      const here = one === row;
      one.classList.toggle("here", here);
      here ? link(one).setAttribute("aria-current", "true") : link(one).removeAttribute("aria-current");
    });
    row.scrollIntoView({ block: "nearest" });
    queue.classList.add("opened");
    history.replaceState(null, "", link(row).getAttribute("href"));
    beside.setAttribute("aria-busy", "true");
    const address = `${queue.dataset.beside}?${new URLSearchParams({ of: open, back: query() })}`;
    const answer = await ask(address);
    if (mine !== asked) return;
    if (answer?.ok) put(beside, await answer.text());
    else beside.replaceChildren(Object.assign(document.createElement("p"), { className: "nothing soft", textContent: word("unshown") }));
    beside.querySelectorAll(".script-only").forEach((part) => (part.hidden = false));
    beside.scrollTop = 0;
    beside.removeAttribute("aria-busy");
    if (focus || !wide.matches) beside.querySelector("h2")?.focus();
    if (!wide.matches) window.scrollTo(0, 0);
  }

  function close() {
    asked++;
    queue.classList.remove("opened");
    const row = rowOf(open);
    open = "";
    history.replaceState(null, "", plain());
    if (row) link(row).focus();
  }

  function step(by) {
    const all = rows().filter((row) => waits(row) || row.dataset.key === open);
    if (!all.length) return;
    const at = all.findIndex((row) => row.dataset.key === open);
    const next = at < 0 ? all[0] : all[Math.min(Math.max(at + by, 0), all.length - 1)];
    if (wide.matches) show(next);
    else link(next).focus();
    link(next).focus({ preventScroll: true });
  }

  // The next order that waits behind this one, else the first; null once the page is done.
  function following(row) {
    const all = rows();
    const behind = all.slice(all.indexOf(row) + 1).find(waits);
    return behind || all.find(waits) || null;
  }

  async function goOn(row) {
    const next = following(row);
    if (next) return show(next);
    await refresh();
    const first = rows().find(waits);
    if (first && (wide.matches || queue.classList.contains("opened"))) return show(first);
    asked++;
    open = "";
    queue.classList.remove("opened");
    beside.replaceChildren();
    beside.removeAttribute("aria-busy");
  }

  // --- deciding ---

  // Also a note or a request for prepayment: after those the order goes on waiting.
  async function decide(form, button) {
    const row = rowOf(open);
    const answer = await send(button?.getAttribute("formaction") || form.action, new FormData(form, button));
    if (!answer) return;
    const [outcome] = (await answer.json()).outcomes;
    if (outcome.done && outcome.state === "open") line(word("written"));
    else tell([outcome]);
    if (!row) return;
    if (outcome.state !== "open") return goOn(row);
    await replaceRow(row);
    return show(rowOf(outcome.key));
  }

  async function decideAll(form, button) {
    const data = new FormData(form, button);
    if (!data.has("picked")) return;
    const answer = await send(form.action, data);
    if (!answer) return;
    const outcomes = (await answer.json()).outcomes;
    tell(outcomes);
    const current = rowOf(open);
    if (current && !waits(current)) await goOn(current);
    else if (!rows().some(waits)) await refresh();
  }

  // Mark what was decided, and offer to take it back.
  function tell(outcomes) {
    const done = outcomes.filter((one) => one.done);
    outcomes.forEach((one) => {
      const row = rowOf(one.key);
      if (row && one.state !== "open") leave(row, one);
      if (!one.done && !one.mine) line(missed(one), { bad: true });
    });
    if (!done.length) return;
    const unconfirmed = done.filter((one) => one.effect && one.effect !== "confirmed");
    const many = `${word("many", { num: done.length })} ${unconfirmed.length ? word("sending") : ""}`;
    const shown = line(done.length > 1 ? many : summary(done[0]), { undo: done.map((one) => one.key) });
    unconfirmed.forEach((one) => awaited.set(one.key, { shown, number: numberOf(one.key) }));
    if (awaited.size) pollSoon();
  }

  function numberOf(key) {
    return rowOf(key)?.dataset.number || key;
  }

  function missed(one) {
    const number = numberOf(one.key);
    return one.state === "open" ? word("changed", { number }) : word("overtaken", { number, name: one.by });
  }

  function summary(one) {
    const number = numberOf(one.key);
    const sent = one.effect === "confirmed" ? word("confirmed") : one.effect ? word("sending") : "";
    if (one.state === "released" && !one.effect) return word("checked", { number });
    return `${word(one.state, { number }) || word("settled", { number })} ${sent}`;
  }

  async function takeBack(keys) {
    const data = new FormData();
    keys.forEach((key) => data.append("picked", `:${key}`));
    const answer = await send(queue.dataset.undo, data);
    if (!answer) return;
    bar.replaceChildren();
    const outcomes = (await answer.json()).outcomes;
    outcomes.forEach((one) => awaited.delete(one.key));
    const undone = outcomes.filter((one) => one.done);
    if (undone.length < outcomes.length) line(word("late"), { bad: true });
    if (!undone.length) return;
    if (undone.some((one) => !rowOf(one.key))) await refresh();
    undone.forEach((one) => come(rowOf(one.key)));
    const row = rowOf(undone[0].key);
    pollSoon();
    line(word("undone", { number: numberOf(undone[0].key) }));
    show(row);
  }

  // A row stays where it is, so that nothing jumps.
  function leave(row, one) {
    row.classList.add("gone");
    row.querySelector("input").disabled = true;
    row.querySelector("input").checked = false;
    const confirmed = one.effect === "confirmed" ? ` · ${word("confirmed")}` : "";
    row.querySelector(".mark").textContent = word(`by-${one.state}`, { name: one.by }) + confirmed;
  }

  function come(row, cause = "") {
    if (!row) return;
    row.classList.remove("gone");
    row.querySelector("input").disabled = false;
    row.querySelector(".mark").textContent = cause;
  }

  // --- the bar ---

  function line(text, { undo = null, bad = false } = {}) {
    const shown = document.createElement("p");
    const said = document.createElement("span");
    said.textContent = text;
    shown.append(said);
    shown.classList.toggle("bad", bad);
    if (undo) {
      const button = document.createElement("button");
      button.type = "button";
      button.dataset.undo = undo.join("\n");
      button.append(`${word("undo")} `, Object.assign(document.createElement("kbd"), { textContent: "u" }));
      shown.append(button);
    }
    bar.querySelectorAll("p:not(.bad)").forEach((older) => older.remove());
    bar.append(shown);
    window.setTimeout(() => endOf(shown), LEAVES_MS);
    return shown;
  }

  // A line stays until the shop has confirmed what it tells of.
  function endOf(shown) {
    if (awaits(shown)) window.setTimeout(() => endOf(shown), SOON_MS);
    else shown.remove();
  }

  function awaits(shown) {
    return [...awaited.values()].some((one) => one.shown === shown);
  }

  // --- what changed meanwhile ---

  async function poll() {
    window.clearTimeout(timer);
    try {
      if (!document.hidden) await look();
    } finally {
      timer = window.setTimeout(poll, awaited.size ? SOON_MS : POLL_MS);
    }
  }

  async function look() {
    const before = acts;
    const asks = new URLSearchParams(query());
    asks.set("since", queue.dataset.since);
    asks.set("decided", decidedSince);
    open ? asks.set("open", open) : asks.delete("open");
    const answer = await ask(`${queue.dataset.news}?${asks}`, tag ? { "If-None-Match": tag } : {}, true);
    if (answer?.status !== 200) return;
    const now = await answer.json();
    if (before !== acts) return;
    tag = answer.headers.get("ETag") || "";
    news(now);
  }

  function pollSoon() {
    window.clearTimeout(timer);
    timer = window.setTimeout(poll, SOON_MS);
  }

  function news(now) {
    const count = document.getElementById("matching");
    if (count) count.textContent = now.count.toLocaleString(document.documentElement.lang);
    const badge = document.querySelector(".top a[aria-current] .count");
    if (badge && !queue.dataset.query) badge.textContent = count.textContent;
    rows().forEach((row) => {
      const decided = now.decided[row.dataset.key];
      if (decided) leave(row, decided);
      const names = now.open[row.dataset.key];
      row.classList.toggle("taken", Boolean(names) && waits(row));
      if (waits(row)) row.querySelector(".mark").textContent = names ? word("open", { name: names.join(", ") }) : "";
    });
    awaited.forEach((one, key) => settle(one, key, now.decided[key]));
    const fresh = document.getElementById("new");
    fresh.hidden = !now.new || queue.hasAttribute("data-sought");
    fresh.textContent = word("new", { num: now.new });
  }

  // What the shop made of a decision: confirmed, or refused, and then the order waits again.
  function settle({ shown, number }, key, decided) {
    if (decided && decided.effect !== "confirmed") return;
    awaited.delete(key);
    const said = shown.querySelector("span");
    if (decided) {
      if (!awaits(shown)) said.textContent = said.textContent.replace(word("sending"), word("confirmed"));
      return;
    }
    said.textContent = said.textContent.replace(word("sending"), "");
    line(word("failed", { number }), { bad: true });
    const row = rowOf(key);
    row ? replaceRow(row) : refresh();
  }

  async function replaceRow(row) {
    const fresh = await page();
    const same = fresh?.querySelector(`.row[data-key="${CSS.escape(row.dataset.key)}"]`);
    if (same) row.replaceWith(same);
    else come(row);
  }

  // Take the list as it is now; what is open stays open.
  async function refresh() {
    const fresh = await page();
    const list = fresh?.querySelector(".list");
    if (!list) return;
    queue.dataset.since = fresh.querySelector("#queue").dataset.since;
    if (!awaited.size) decidedSince = queue.dataset.since;
    tag = "";
    document.querySelector(".list").replaceWith(list);
    prepare();
    rowOf(open)?.classList.add("here");
  }

  async function page() {
    const answer = await ask(plain());
    return answer?.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
  }

  // --- asking and sending ---

  async function ask(address, headers = {}, quiet = false) {
    try {
      const answer = await fetch(address, { headers, redirect: "manual" });
      if (answer.type === "opaqueredirect") {
        if (!quiet) line(word("out"), { bad: true });
        return null;
      }
      return answer;
    } catch {
      if (!quiet) line(word("lost"), { bad: true });
      return null;
    }
  }

  let sending = false;
  async function send(address, data) {
    if (sending) return null;
    sending = true;
    try {
      const headers = { Accept: "application/json", "X-Form-Key": formKey };
      const answer = await fetch(address, { method: "POST", body: data, headers, redirect: "manual" });
      if (answer.ok) return answer;
      line(word(answer.type === "opaqueredirect" || answer.status === 403 ? "out" : "lost"), { bad: true });
    } catch {
      line(word("lost"), { bad: true });
    } finally {
      sending = false;
      acts++;
    }
    return null;
  }

  const link = (row) => row.querySelector("a");

  // What was chosen, without what is open.
  function query() {
    const chosen = new URLSearchParams(queue.dataset.query);
    chosen.delete("open");
    return chosen.toString();
  }

  const plain = () => location.pathname.replace(/\/queue\/search$/, "/") + (query() ? `?${query()}` : "");

  // The page's own answer: nothing in it is anybody else's markup.
  function put(place, html) {
    place.replaceChildren(...new DOMParser().parseFromString(html, "text/html").body.childNodes);
  }

  // --- hands ---

  document.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    const to = event.target.closest("#rows .row > a");
    if (to) {
      event.preventDefault();
      show(to.closest(".row"));
    } else if (event.target.closest(".beside .back a")) {
      event.preventDefault();
      close();
    } else if (event.target.closest("[data-undo]")?.closest("#bar")) {
      takeBack(event.target.closest("[data-undo]").dataset.undo.split("\n"));
    } else if (event.target.closest("[data-help]")) {
      document.getElementById("help").showModal();
    } else if (event.target.closest("#new")) {
      event.preventDefault();
      refresh();
    }
  });

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-all]")) {
      rows().filter(waits).forEach((row) => (row.querySelector("input").checked = event.target.checked));
    } else if (event.target.closest("[data-filters]")) {
      event.target.form.requestSubmit();
    }
  });

  document.addEventListener(
    "submit",
    (event) => {
      const form = event.target;
      if (!form.matches("[data-decides], [data-bulk], #beside [data-order-act]")) return;
      event.preventDefault();
      event.stopPropagation();
      if (form.matches("[data-bulk]")) decideAll(form, event.submitter);
      else if (!beside.hasAttribute("aria-busy")) decide(form, event.submitter);
    },
    true,
  );

  const HANDS = {
    j: () => step(1),
    k: () => step(-1),
    s: () => rowOf(open)?.querySelector("input:not(:disabled)")?.click(),
    u: () => bar.querySelector("[data-undo]")?.click(),
    "/": () => document.getElementById("sought").focus(),
    "?": () => document.getElementById("help").showModal(),
    Escape: () => close(),
  };

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input:not([type=checkbox]), select, textarea, dialog");
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat) return;
    if (typing) {
      if (event.key === "Escape" && !event.target.closest("dialog")) event.target.blur();
      return;
    }
    if (event.key === "Enter" && event.target.closest("#rows")) {
      event.preventDefault();
      if (open === event.target.closest(".row").dataset.key && queue.classList.contains("opened")) beside.querySelector("h2")?.focus();
      else show(event.target.closest(".row"), { focus: true });
      return;
    }
    const hand = HANDS[event.key] || press(event.key);
    if (!hand) return;
    event.preventDefault();
    hand();
  });

  // A letter presses the button of the open order that bears it; while that is on its way, none does.
  function press(key) {
    if (key.length !== 1 || beside.hasAttribute("aria-busy")) return null;
    const button = beside.querySelector(`[data-key="${CSS.escape(key)}"]`);
    if (!button) return null;
    return () => {
      button.click();
      if (button.tagName === "SUMMARY") button.parentElement.querySelector("textarea, button:not([hidden])")?.focus();
    };
  }

  function prepare() {
    document.querySelectorAll(".keys[hidden], .bulk .all[hidden]").forEach((part) => (part.hidden = false));
  }

  prepare();
  queue.classList.add("ready");
  if (!open && wide.matches) show(rows().find(waits));
  document.addEventListener("visibilitychange", () => document.hidden || poll());
  timer = window.setTimeout(poll, POLL_MS);
})();
