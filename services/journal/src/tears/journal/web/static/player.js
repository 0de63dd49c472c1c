// Play the sounds of a page in place, with a cursor in the picture of the sound. Without JavaScript each one opens as a file.
"use strict";

const player = document.querySelector("[data-player]");

// Let the cursor follow the sound, and let a tap in the picture move the sound.
function follow(sound, picture) {
  const cursor = picture?.querySelector("[data-cursor]");
  if (!cursor) {
    return;
  }
  const show = () => {
    cursor.style.left = `${(100 * sound.currentTime) / (sound.duration || Infinity)}%`;
    if (!sound.paused) {
      requestAnimationFrame(show);
    }
  };
  for (const event of ["play", "seeked", "pause", "loadedmetadata"]) {
    sound.addEventListener(event, show);
  }
  picture.addEventListener("click", (event) => {
    const box = picture.getBoundingClientRect();
    if (Number.isFinite(sound.duration)) {
      sound.currentTime = (sound.duration * (event.clientX - box.left)) / box.width;
    }
    sound.play();
  });
}

function play(link) {
  const sound = player.querySelector("[data-player-sound]");
  const picture = player.querySelector("[data-player-picture]");
  player.querySelector("[data-player-title]").textContent = link.dataset.title;
  player.hidden = false;
  sound.src = link.href;
  picture.src = link.href.replace(/\.mp3$/, ".png");
  sound.play();
  mark(link);
}

// Show which row is played.
function mark(link) {
  for (const row of document.querySelectorAll(".sound.playing")) {
    row.classList.remove("playing");
  }
  link?.closest(".sound")?.classList.add("playing");
}

if (player) {
  follow(player.querySelector("[data-player-sound]"), player.querySelector("[data-sonogram]"));
  player.querySelector("[data-player-close]").addEventListener("click", () => {
    player.querySelector("[data-player-sound]").pause();
    player.hidden = true;
    mark(null);
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-play]");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      play(link);
    }
    // Crying in the timeline plays as its row does.
    const drawn = event.target.closest("[data-sound]");
    const row = drawn && document.querySelector(`[data-play="${CSS.escape(drawn.dataset.sound)}"]`);
    if (row) {
      play(row);
      row.closest(".sound").scrollIntoView({ block: "center", behavior: "smooth" });
    }
  });
} else {
  const sound = document.querySelector("[data-player-sound]");
  if (sound) {
    follow(sound, document.querySelector("[data-sonogram]"));
  }
}
