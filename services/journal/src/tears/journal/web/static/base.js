// What every page does with JavaScript. Without it all pages work, too.
"use strict";

// A form or button with data-confirm asks before it does something that cannot be undone.
document.addEventListener("submit", (event) => {
  const question = event.submitter?.dataset.confirm ?? event.target.dataset.confirm;
  if (question && !window.confirm(question)) {
    event.preventDefault();
  }
});

// A field with data-send sends its form when it changes.
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-send]")) {
    event.target.form.requestSubmit();
  }
});

// The top of the page says whether Tears listens. What it says must not get old while the page is open.
const HOUSE_MILLISECONDS = 10000;
const ANSWER_MILLISECONDS = 8000;

async function refreshHouse() {
  const shown = document.querySelector("[data-house]");
  if (!shown || document.hidden) {
    return;
  }
  // A phone that has left the network waits for minutes before it reports an error.
  const waiting = new AbortController();
  const end = setTimeout(() => waiting.abort(), ANSWER_MILLISECONDS);
  try {
    const reply = await fetch(shown.dataset.house, { signal: waiting.signal });
    const found = new DOMParser().parseFromString(await reply.text(), "text/html").querySelector("[data-house]");
    if (!reply.ok || !found) {
      throw new Error("no answer");
    }
    shown.replaceWith(found);
  } catch {
    shown.querySelector(".dot").className = "dot warn";
    shown.lastElementChild.textContent = shown.dataset.lost;
  } finally {
    clearTimeout(end);
  }
}

setInterval(refreshHouse, HOUSE_MILLISECONDS);
document.addEventListener("visibilitychange", refreshHouse);

// A field with data-select, such as a link to share, is selected as a whole.
document.addEventListener("focusin", (event) => {
  if (event.target.matches("[data-select]")) {
    event.target.select();
  }
});
