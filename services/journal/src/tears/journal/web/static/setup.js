// The bars of the microphones, the recording of a test, and how a receiver is reached. Without it, the pages show a
// moment, and the last seconds.
"use strict";

const base = new URL("..", document.currentScript?.src ?? document.querySelector('script[src*="setup.js"]').src);
const bars = [...document.querySelectorAll("[data-loudness]")];

async function moveBars() {
  try {
    const reply = await fetch(new URL("api/v1/microphones", base), { headers: { Accept: "application/json" } });
    const microphones = reply.ok ? await reply.json() : [];
    for (const bar of bars) {
      const found = microphones.find((one) => one.mic === bar.dataset.loudness);
      bar.value = found?.loudness ?? 0;
    }
  } catch {
    // The network may be away for a moment; the next look comes soon.
  }
}

if (bars.length) {
  setInterval(() => { if (!document.hidden) moveBars(); }, 1000);
}

// What is typed marks its way, and another way takes a URL back: a URL that stands there is the one that counts.
for (const url of document.querySelectorAll("fieldset input[name=url]")) {
  const ways = url.closest("fieldset").querySelectorAll("input[name=way]");
  url.addEventListener("input", () => { for (const way of ways) way.checked = way.value === "url"; });
  for (const way of ways) way.addEventListener("change", () => { if (way.value !== "url") url.value = ""; });
}

for (const recorder of document.querySelectorAll("[data-record]")) {
  const button = recorder.querySelector("button");
  const words = button.querySelector("[data-idle]");
  const player = document.getElementById("replayed");
  recorder.hidden = false;
  button.addEventListener("click", () => {
    button.disabled = true;
    words.textContent = words.dataset.busy;
    // A second more, because sound needs a moment from the room to here.
    setTimeout(async () => {
      try {
        const reply = await fetch(recorder.dataset.record);
        if (reply.ok) {
          URL.revokeObjectURL(player.src);
          // As a whole: Safari asks for pieces otherwise, and each of them would be of another moment.
          player.src = URL.createObjectURL(await reply.blob());
          await player.play();
        }
      } catch {
        // The network is away, or the browser does not play by itself: then the parent presses play.
      } finally {
        button.disabled = false;
        words.textContent = words.dataset.idle;
      }
    }, 1000 * (Number(recorder.dataset.seconds) + 1));
  });
}
