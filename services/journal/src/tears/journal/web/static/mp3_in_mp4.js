// Puts the frames of the rooms' MP3 into boxes of MP4, for players that take MP3 piece by piece only so: Firefox.
//
// All frames of the stream are alike (FRAME_BYTES in live/sound/mp3_stream.py), so the boxes need few words.
"use strict";

(() => {
  const RATE_HZ = 24_000;
  const FRAME_BYTES = 192;
  const FRAME_SAMPLES = 576;
  // MPEG 2, layer III, without a checksum.
  const FRAME_BEGIN = [0xff, 0xf3];
  const MPEG_2_AUDIO = 0x69;
  const MATRIX = [65_536, 0, 0, 0, 65_536, 0, 0, 0, 1_073_741_824].flatMap(word);

  function half(value) {
    return [(value >>> 8) & 255, value & 255];
  }

  function word(value) {
    return [...half(value >>> 16), ...half(value)];
  }

  function words(...values) {
    return values.flatMap(word);
  }

  function boxHead(type, size) {
    return [...word(size + 8), ...[...type].map((letter) => letter.charCodeAt(0))];
  }

  function box(type, ...parts) {
    const body = parts.flat();
    return [...boxHead(type, body.length), ...body];
  }

  // What comes before all pieces: one track of sound, and no samples yet.
  function beginning() {
    const decoder = [0x04, 13, MPEG_2_AUDIO, 0x15, 0, 0, 0, ...words(64_000, 64_000)];
    const stream = [0x03, decoder.length + 6, 0, 1, 0, ...decoder, 0x06, 1, 2];
    const sound = [0, 0, 0, 0, 0, 0, 0, 1, ...words(0, 0), 0, 1, 0, 16, 0, 0, 0, 0, ...words(RATE_HZ * 65_536)];
    const tables = box(
      "stbl",
      box("stsd", words(0, 1), box("mp4a", sound, box("esds", words(0), stream))),
      box("stts", words(0, 0)),
      box("stsc", words(0, 0)),
      box("stsz", words(0, 0, 0)),
      box("stco", words(0, 0)),
    );
    const media = box(
      "mdia",
      box("mdhd", words(0, 0, 0, RATE_HZ, 0), [0x55, 0xc4, 0, 0]),
      box("hdlr", words(0, 0, 0x736f756e, 0, 0, 0), [0]),
      box("minf", box("smhd", words(0, 0)), box("dinf", box("dref", words(0, 1), box("url ", words(1)))), tables),
    );
    const track = box("tkhd", words(7, 0, 0, 1, 0, 0, 0, 0, 0, 0x01000000), MATRIX, words(0, 0));
    const movie = box("mvhd", words(0, 0, 0, RATE_HZ, 0, 65_536, 0x01000000, 0, 0), MATRIX, words(0, 0, 0, 0, 0, 0, 2));
    const defaults = box("mvex", box("trex", words(0, 1, 1, FRAME_SAMPLES, FRAME_BYTES, 0x02000000)));
    return [
      ...box("ftyp", words(0x69736f35, 1, 0x69736f35, 0x6d703431)),
      ...box("moov", movie, box("trak", track, media), defaults),
    ];
  }

  class Mp3InMp4 {
    constructor() {
      this.rest = new Uint8Array();
      this.frames = 0;
      this.pieces = 0;
    }

    // Call it when another stream begins: the end of the one before may be missing.
    begin() {
      this.rest = new Uint8Array();
    }

    // Return the boxes with the whole frames that these bytes complete; none if there are none.
    wrap(bytes) {
      const all = new Uint8Array(this.rest.length + bytes.length);
      all.set(this.rest);
      all.set(bytes, this.rest.length);
      const frames = Math.floor(all.length / FRAME_BYTES);
      const sound = all.subarray(0, frames * FRAME_BYTES);
      this.rest = all.slice(sound.length);
      if (!frames) return null;
      if (FRAME_BEGIN.some((byte, at) => sound[at] !== byte)) throw new Error("this is not the stream of a room");
      const head = this.head(frames);
      const made = new Uint8Array(head.length + sound.length);
      made.set(head);
      made.set(sound, head.length);
      return made;
    }

    // Return all that comes before the frames.
    head(frames) {
      const before = this.pieces ? [] : beginning();
      this.pieces += 1;
      const fragment = (offset) =>
        box(
          "moof",
          box("mfhd", words(0, this.pieces)),
          box(
            "traf",
            box("tfhd", words(0x020000, 1)),
            box("tfdt", words(0, this.frames * FRAME_SAMPLES)),
            box("trun", words(1, frames, offset)),
          ),
        );
      const size = fragment(0).length;
      const head = [...before, ...fragment(size + 8), ...boxHead("mdat", frames * FRAME_BYTES)];
      this.frames += frames;
      return head;
    }
  }

  window.Mp3InMp4 = Mp3InMp4;
})();
