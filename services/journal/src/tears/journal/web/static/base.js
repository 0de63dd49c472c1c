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

// A field with data-select, such as a link to share, is selected as a whole.
document.addEventListener("focusin", (event) => {
  if (event.target.matches("[data-select]")) {
    event.target.select();
  }
});
