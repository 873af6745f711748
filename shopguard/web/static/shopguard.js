// What pages can do beyond links and forms. Everything works without it; each part is bound by a data- attribute.
"use strict";

// Say something to whoever looks and to whoever listens.
function say(text) {
  const said = document.getElementById("said");
  said.textContent = text;
  said.classList.toggle("shown", text !== "");
}

// A form that was sent is not sent twice.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent && !form.dataset.again) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  window.setTimeout(() => delete form.dataset.sent, 5000);
});

// A page that comes back from the browser's memory may be sent again.
window.addEventListener("pageshow", () => {
  document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
});
