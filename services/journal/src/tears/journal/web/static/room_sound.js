// Plays the sound of a room, about a second and a half after it was made.
//
// A browser that takes a stream by its address first collects many seconds of it. So where it can, this script fetches
// the stream, hands it to the player piece by piece, and keeps the player near the end of what it has. Firefox takes MP3
// that way only in the boxes of MP4. A browser that takes neither gets the address.
"use strict";

(() => {
  // A piece has a second. The player must have one when the next arrives, and a little for those that are late.
  const LEAST_AHEAD_SECONDS = 1.25;
  const MOST_AHEAD_SECONDS = 3;
  // Each time the sound breaks off, the player stays further behind; it comes back when a minute has gone well.
  const STEP_SECONDS = 0.2;
  const CALM_MILLISECONDS = 60_000;
  // Beyond this it jumps to what is new; below, it plays a little faster or slower, which nobody hears.
  const JUMP_SECONDS = 0.5;
  const CLOSE_SECONDS = 0.1;
  // In the first moments a jump is not heard as one.
  const BEGINNING_SECONDS = 2;
  // The player begins with less than it needs, and until it plays so far, a short break says nothing of the network.
  const SETTLING_SECONDS = 6;
  const FASTER = 1.06;
  const SLOWER = 0.95;
  const KEPT_SECONDS = 10;
  const SILENT_MILLISECONDS = 8_000;
  const TOLD_MILLISECONDS = 1_000;
  const RETRY_MILLISECONDS = [300, 1_000, 2_000, 5_000];
  const DECODE_AGAIN_MILLISECONDS = 2_000;
  const TYPE = "audio/mpeg";
  const BOXED_TYPE = 'audio/mp4; codecs="mp3"';

  const Source = window.ManagedMediaSource ?? window.MediaSource;
  const isBare = Boolean(Source?.isTypeSupported(TYPE));
  const canFeed = isBare || Boolean(Source?.isTypeSupported(BOXED_TYPE));
  const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

  class RoomSound {
    // `show` is called with "stopped", "opening", "playing", "waiting" or "refused" whenever that changes.
    constructor(address, name, show) {
      this.address = address;
      this.name = name;
      this.show = show;
      this.state = "stopped";
      this.wanted = false;
      this.gain = 1;
      this.ahead = LEAST_AHEAD_SECONDS;
      this.calmSince = 0;
      this.audio = new Audio();
      this.audio.preload = "none";
      this.audio.addEventListener("playing", () => this.wanted && this.become("playing"));
      this.audio.addEventListener("waiting", () => this.wanted && this.brokeOff());
      // Somebody has stopped it in another way: headphones that were pulled out, or a call.
      this.audio.addEventListener("pause", () => this.wanted && !this.audio.ended && this.stop());
    }

    // Call it while the browser handles a tap, or it does not let us play.
    start() {
      if (this.wanted) return;
      this.wanted = true;
      this.become("opening");
      this.showControls();
      if (this.context) this.context.resume();
      this.run = canFeed ? this.feed() : this.follow();
    }

    stop() {
      this.wanted = false;
      this.fetching?.abort();
      this.audio.pause();
      this.audio.removeAttribute("src");
      this.audio.load();
      this.become("stopped");
      if (navigator.mediaSession) navigator.mediaSession.playbackState = "paused";
    }

    // 1 is as loud as it was heard. Up to there the player does it; more than that would stop on an iPhone whose screen
    // is off, so only who asks for more gets it.
    setGain(gain) {
      this.gain = gain;
      this.audio.volume = Math.min(gain, 1);
      if (gain > 1 && !this.context) {
        this.context = new AudioContext();
        this.amplifier = this.context.createGain();
        const limiter = this.context.createDynamicsCompressor();
        limiter.threshold.value = -3;
        limiter.ratio.value = 20;
        this.context.createMediaElementSource(this.audio).connect(this.amplifier).connect(limiter);
        limiter.connect(this.context.destination);
        this.context.resume();
      }
      if (this.amplifier) this.amplifier.gain.value = Math.max(gain, 1);
    }

    // An iPhone has only the buttons at its side.
    canSetVolume() {
      const before = this.audio.volume;
      this.audio.volume = 0.5;
      const canSet = this.audio.volume === 0.5;
      this.audio.volume = before;
      return canSet;
    }

    become(state) {
      if (state === this.state) return;
      this.state = state;
      this.show(state);
    }

    showControls() {
      const session = navigator.mediaSession;
      if (!session) return;
      session.metadata = new MediaMetadata({ title: this.name, artist: "Tears" });
      session.playbackState = "playing";
      for (const action of ["pause", "stop"]) session.setActionHandler(action, () => this.stop());
      session.setActionHandler("play", () => this.start());
    }

    play() {
      this.audio.play().catch((error) => {
        // A player that is stopped while it begins says so with another error.
        if (error.name === "NotAllowedError" || error.name === "NotSupportedError") {
          this.stop();
          this.become("refused");
        }
      });
    }

    // ---- A player that takes pieces

    async feed() {
      this.source = new Source();
      this.audio.disableRemotePlayback = true;
      this.audio.src = URL.createObjectURL(this.source);
      const source = this.source;
      const isOpen = new Promise((done) => source.addEventListener("sourceopen", done, { once: true }));
      this.play();
      await isOpen;
      URL.revokeObjectURL(this.audio.src);
      const buffer = source.addSourceBuffer(isBare ? TYPE : BOXED_TYPE);
      this.boxes = isBare ? null : new Mp3InMp4();
      for (let failures = 0; this.wanted && source === this.source; failures += 1) {
        try {
          await this.fetchPieces(buffer, source, () => { failures = -1; });
          if (source.readyState === "open") buffer.abort();
        } catch (error) {
          if (this.wanted && source.readyState !== "open") {
            // A browser may take a type and then not decode it.
            this.become("waiting");
            await pause(DECODE_AGAIN_MILLISECONDS);
            if (this.wanted && source === this.source) this.feed();
            return;
          }
        }
        if (this.wanted) await pause(RETRY_MILLISECONDS[Math.min(Math.max(failures, 0), RETRY_MILLISECONDS.length - 1)]);
      }
    }

    async fetchPieces(buffer, source, progressed) {
      this.fetching = new AbortController();
      const fetching = this.fetching;
      let silence = 0;
      const heard = () => {
        clearTimeout(silence);
        silence = setTimeout(() => fetching.abort(), SILENT_MILLISECONDS);
      };
      try {
        heard();
        const reply = await fetch(this.address, { signal: fetching.signal, cache: "no-store" });
        const type = reply.headers.get("Content-Type");
        if (!reply.ok || type !== TYPE) throw new Error(`the server answers ${reply.status}, ${type}`);
        const reader = reply.body.getReader();
        this.boxes?.begin();
        for (;;) {
          const { value, done } = await reader.read();
          if (done || !this.wanted || source !== this.source) return;
          heard();
          progressed();
          const piece = this.boxes ? this.boxes.wrap(value) : value;
          if (piece) await this.append(buffer, piece);
        }
      } finally {
        clearTimeout(silence);
        fetching.abort();
      }
    }

    async append(buffer, piece) {
      const isDone = () => new Promise((done) => buffer.addEventListener("updateend", done, { once: true }));
      buffer.appendBuffer(piece);
      await isDone();
      const ranges = buffer.buffered;
      if (!ranges.length) return;
      this.keepClose(ranges.end(ranges.length - 1));
      const old = this.audio.currentTime - KEPT_SECONDS;
      if (ranges.start(0) < old - KEPT_SECONDS) {
        buffer.remove(0, old);
        await isDone();
      }
    }

    keepClose(end) {
      const tooMuch = end - this.audio.currentTime - this.ahead;
      const isBeginning = this.audio.currentTime < BEGINNING_SECONDS;
      if (tooMuch > (isBeginning ? CLOSE_SECONDS : JUMP_SECONDS)) {
        this.audio.currentTime = end - this.ahead;
        this.audio.playbackRate = 1;
      } else {
        this.audio.playbackRate = tooMuch > CLOSE_SECONDS ? FASTER : tooMuch < -CLOSE_SECONDS ? SLOWER : 1;
      }
      const now = performance.now();
      if (this.ahead > LEAST_AHEAD_SECONDS && now - this.calmSince > CALM_MILLISECONDS) {
        this.ahead = Math.max(LEAST_AHEAD_SECONDS, this.ahead - STEP_SECONDS);
        this.calmSince = now;
      }
    }

    // A short pause is nothing to tell of.
    brokeOff() {
      if (this.state !== "playing") return;
      setTimeout(() => {
        const isPlaying = this.audio.readyState >= HTMLMediaElement.HAVE_FUTURE_DATA;
        if (this.state === "playing" && !isPlaying) this.become("waiting");
      }, TOLD_MILLISECONDS);
      if (this.audio.currentTime < SETTLING_SECONDS) return;
      this.ahead = Math.min(MOST_AHEAD_SECONDS, this.ahead + STEP_SECONDS);
      this.calmSince = performance.now();
    }

    // ---- A player that takes an address

    async follow() {
      for (let failures = 0; this.wanted; failures += 1) {
        const isOver = new Promise((done) => {
          for (const name of ["ended", "error"]) this.audio.addEventListener(name, done, { once: true });
          this.giveUp = done;
        });
        this.audio.src = `${this.address}?from=${Date.now()}`;
        this.play();
        const looking = setInterval(() => this.stayClose(), 1_000);
        await isOver;
        clearInterval(looking);
        if (this.wanted) {
          this.become("waiting");
          await pause(RETRY_MILLISECONDS[Math.min(failures, RETRY_MILLISECONDS.length - 1)]);
        }
      }
    }

    stayClose() {
      const ranges = this.audio.buffered;
      if (!ranges.length) return;
      const tooMuch = ranges.end(ranges.length - 1) - this.audio.currentTime - MOST_AHEAD_SECONDS;
      this.audio.playbackRate = tooMuch > 0 ? FASTER : 1;
      if (tooMuch > KEPT_SECONDS) this.giveUp();
    }
  }

  window.RoomSound = RoomSound;
})();
