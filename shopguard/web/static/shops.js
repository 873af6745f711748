// Copying to the clipboard, and looking by itself whether the first order has arrived.
"use strict";

if (navigator.clipboard) {
  document.querySelectorAll("[data-copy]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim());
      say(button.dataset.copied);
    });
  });
}

// What stands in the element is asked for again; while the console starts anew, nobody answers, and that is no fault.
const looking = document.querySelector("[data-look]");
if (looking) {
  window.setInterval(async () => {
    if (document.hidden) return;
    try {
      const answer = await fetch(looking.dataset.look, { headers: { Accept: "text/html" } });
      if (!answer.ok) return;
      const text = await answer.text();
      if (text !== looking.dataset.last) {
        looking.dataset.last = text;
        looking.innerHTML = text;
      }
    } catch { /* tried again in a moment */ }
  }, 2000);
}
