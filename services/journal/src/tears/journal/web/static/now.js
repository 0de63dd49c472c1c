// Keeps the page Now up to date, plays the rooms, and sends what a parent asks for without leaving the page.
"use strict";

(() => {
  const LOST_MILLISECONDS = 6_000;
  const VOLUME_KEY = "tears.volume";
  const CARD_CLASSES = { crying: "cry", not_listening: "warn" };

  const rooms = document.getElementById("rooms");
  const said = document.getElementById("said");
  const lost = document.getElementById("lost");
  const part = (card, name) => card.querySelector(`[data-show="${name}"]`);
  const wish = (card, name) => card.querySelector(`[data-wish="${name}"]`);

  // ---- What is true now

  function setText(element, text) {
    // A screen reader says a text again whenever it is set.
    if (element.textContent !== text) element.textContent = text;
  }

  function setMeter(card, name, value) {
    part(card, name).value = value ?? 0;
    setText(part(card, name), `${value ?? 0} %`);
  }

  function showRoom(card, room) {
    card.dataset.condition = room.condition;
    card.classList.remove(...Object.values(CARD_CLASSES));
    if (CARD_CLASSES[room.condition]) card.classList.add(CARD_CLASSES[room.condition]);
    setText(part(card, "state"), room.state);
    setText(part(card, "detail"), room.detail);
    setText(part(card, "silence"), room.silence);
    part(card, "silence").hidden = !room.silence;
    setMeter(card, "loudness", room.loudness);
    setMeter(card, "likeness", room.likeness);
    const episode = part(card, "episode");
    episode.hidden = !room.episode_id;
    if (room.episode_id) episode.href = `${episode.dataset.path}${encodeURIComponent(room.episode_id)}`;
    if (!wish(card, "resume")) return;
    const isSilenced = room.is_held || room.snoozed_until > 0;
    wish(card, "resume").hidden = !isSilenced;
    wish(card, "silence").hidden = isSilenced;
    wish(card, "acknowledge").hidden =
      !["crying", "not_listening"].includes(room.condition) || room.is_acknowledged;
  }

  function showRooms(shown) {
    const cards = new Map([...rooms.querySelectorAll("[data-mic]")].map((card) => [card.dataset.mic, card]));
    if (cards.size !== shown.length || shown.some((room) => !cards.has(room.mic))) {
      takeNewCards();
      return;
    }
    for (const room of shown) showRoom(cards.get(room.mic), room);
  }

  // A room has come or gone. The others keep their cards, because somebody may be listening.
  let isTaking = false;
  async function takeNewCards() {
    if (isTaking) return;
    isTaking = true;
    try {
      const reply = await fetch(location.pathname, { cache: "no-store" });
      const fresh = new DOMParser().parseFromString(await reply.text(), "text/html").getElementById("rooms");
      if (!fresh) return;
      const before = new Map([...rooms.querySelectorAll("[data-mic]")].map((card) => [card.dataset.mic, card]));
      const cards = [...fresh.children].map((card) => before.get(card.dataset.mic) ?? card);
      for (const [mic, card] of before) if (!cards.includes(card)) sounds.get(mic)?.stop();
      rooms.replaceChildren(...cards);
      prepareCards();
    } finally {
      isTaking = false;
    }
  }

  let silence = 0;
  function expectNews() {
    clearTimeout(silence);
    silence = setTimeout(() => { lost.hidden = false; }, LOST_MILLISECONDS);
  }

  function watch() {
    const events = new EventSource(rooms.dataset.events);
    expectNews();
    events.onmessage = (event) => {
      lost.hidden = true;
      expectNews();
      showRooms(JSON.parse(event.data));
    };
    events.onerror = () => {
      // The browser tries again by itself, unless the server has refused: the login may have ended.
      if (events.readyState === EventSource.CLOSED) {
        lost.hidden = false;
        setTimeout(watch, LOST_MILLISECONDS);
        fetch(location.pathname).then((reply) => reply.redirected && location.reload(), () => undefined);
      }
    };
  }

  // ---- Listening

  const sounds = new Map();

  function prepareSound(card) {
    const place = card.querySelector("[data-sound]");
    const button = place.querySelector('[data-do="listen"]');
    const volume = place.querySelector('[data-do="volume"]');
    const words = part(card, "sound");
    const show = (state) => {
      const isOn = state !== "stopped" && state !== "refused";
      button.setAttribute("aria-pressed", String(isOn));
      setText(button.querySelector("span"), isOn ? place.dataset.stop : place.dataset.listen);
      place.dataset.state = state;
      words.hidden = state === "stopped";
      setText(words, place.dataset[state] ?? "");
    };
    const sound = new RoomSound(place.dataset.sound, place.dataset.name, show);
    sounds.set(card.dataset.mic, sound);
    place.querySelector("[data-script]").hidden = false;
    volume.value = localStorage.getItem(VOLUME_KEY) ?? volume.value;
    volume.closest("label").hidden = !sound.canSetVolume();
    volume.addEventListener("input", () => {
      localStorage.setItem(VOLUME_KEY, volume.value);
      sound.setGain(volume.value / 100);
    });
    button.addEventListener("click", () => {
      if (sound.wanted) {
        sound.stop();
      } else {
        if (sound.canSetVolume()) sound.setGain(volume.value / 100);
        sound.start();
      }
    });
  }

  function prepareCards() {
    for (const card of rooms.querySelectorAll("[data-mic]")) {
      if (!card.dataset.ready) {
        card.dataset.ready = "yes";
        prepareSound(card);
      }
    }
  }

  // ---- What a parent asks for

  rooms.addEventListener("submit", async (event) => {
    const form = event.target;
    if (event.defaultPrevented || !form.dataset.wish) return;
    event.preventDefault();
    const button = event.submitter;
    if (button) button.disabled = true;
    try {
      const reply = await fetch(form.action, {
        method: "POST",
        body: new URLSearchParams(new FormData(form)),
        headers: { Accept: "application/json" },
      });
      const answer = await reply.json();
      said.className = `notice ${answer.is_good ? "good" : "bad"}`;
      setText(said, answer.words);
      said.hidden = false;
      form.closest("details")?.removeAttribute("open");
    } catch {
      // What the server says in another form is shown as a page.
      form.submit();
    } finally {
      if (button) button.disabled = false;
    }
  });

  prepareCards();
  watch();
})();
