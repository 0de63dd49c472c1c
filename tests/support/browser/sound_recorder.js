// Runs in the thread of the browser's sound, so that a busy page loses nothing of it.
registerProcessor("sound-recorder", class extends AudioWorkletProcessor {
  constructor() {
    super();
    this.block = new Float32Array(4096);
    this.filled = 0;
  }

  process([input]) {
    const samples = input[0] ?? new Float32Array(128);
    this.block.set(samples, this.filled);
    this.filled += samples.length;
    if (this.filled === this.block.length) {
      this.port.postMessage({ samples: this.block.slice(), endsAt: currentTime + 128 / sampleRate });
      this.filled = 0;
    }
    return true;
  }
});
