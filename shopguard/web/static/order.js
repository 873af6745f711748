// The page of one order: shows how it stands while it is open, copies words, and decides by key.
"use strict";

(() => {
  document.documentElement.classList.add("has-script");

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const words = document.getElementById(button.dataset.copy);
    words.select();
    try {
      await navigator.clipboard.writeText(words.value);
    } catch {
      document.execCommand("copy");
    }
  });

  const order = document.querySelector("[data-order]");
  if (!order) return;
  const SOON_MS = 1000;
  const LATER_MS = 8000;
  let tag = "";

  async function look() {
    const before = document.getElementById("order-state");
    try {
      const answer = await fetch(order.dataset.state, { headers: tag ? { "If-None-Match": tag } : {}, cache: "no-store" });
      if (answer.status === 200 && !answer.redirected) {
        tag = answer.headers.get("ETag") || "";
        const held = before.contains(document.activeElement);
        if (!held) before.outerHTML = await answer.text();
      }
    } catch {
      // the next look may find the server again
    }
    const now = document.getElementById("order-state");
    window.setTimeout(look, "pending" in now.dataset ? SOON_MS : LATER_MS);
  }
  window.setTimeout(look, SOON_MS);

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select")) return;
    const target = order.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (!target) return;
    event.preventDefault();
    target.click();
    if (target.tagName === "SUMMARY") target.parentElement.querySelector("textarea, button:not([hidden])")?.focus();
  });
})();
