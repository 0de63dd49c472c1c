"""Put chunks together and encode them. No I/O: arrays and messages in, bytes out."""

import io
from collections.abc import Iterable

import numpy as np
import soundfile

from tears.alerter.attachments.clip_span import ClipSpan
from tears.alerter.errors import NoSoundError
from tears.audio.constants import MODEL_RATE_HZ
from tears.audio.format import Int16Array, frames_from_pcm, to_mono
from tears.audio.resample import resample
from tears.kit.messages import AudioChunk

# Bounds the memory, whatever the rate and the number of channels: two minutes of one channel at 48 kHz.
MOST_PCM_BYTES = 120 * 48_000 * 2  # 11 520 000
# Channels are mixed in pieces of this length, because the arithmetic takes several times the memory of its sound.
_MIXED_SECONDS = 10
# 56 kbit/s, with libsndfile's scale of 0 (160 kbit/s) to 1 (8 kbit/s) at this rate: 7 KB for each second.
_CLIP_COMPRESSION_LEVEL = 0.7


def join_chunks(span: ClipSpan, newest_first: Iterable[AudioChunk]) -> tuple[Int16Array, int]:
    """Return the frames of the span that the chunks hold, int16 (n, channels), and their rate in Hz.

    The sound begins with the first frame that is there and ends with the last one. A gap in it is silence, so that
    what comes after it keeps its time. If the chunks hold more than MOST_PCM_BYTES, it is the end of the span.

    Raises:
        NoSoundError: no chunk overlaps the span.
    """
    newest: AudioChunk | None = None
    frames, first, begins_at = np.zeros((0, 1), np.int16), 0, 0
    for chunk in newest_first:
        if newest is None:
            newest = chunk
            wanted = span.samples(chunk.sample_rate_hz)
            end = min(wanted.stop, chunk.end_sample)
            first = max(wanted.start, end - MOST_PCM_BYTES // chunk.frame_bytes)
            frames = np.zeros((max(0, end - first), chunk.channels), np.int16)
            begins_at = first + len(frames)
        elif not chunk.is_same_format(newest):
            continue
        start, stop = max(first, chunk.first_sample), min(first + len(frames), chunk.end_sample)
        if start < stop:
            pcm = frames_from_pcm(chunk.pcm, chunk.channels)
            frames[start - first : stop - first] = pcm[start - chunk.first_sample : stop - chunk.first_sample]
            begins_at = min(begins_at, start)
    if newest is None or begins_at - first >= len(frames):
        raise NoSoundError(f"nothing is left of the sound of {span.mic} from {span.start_seconds:.0f} s on")
    return frames[begins_at - first :], newest.sample_rate_hz


def encode_mp3(frames: Int16Array, rate_hz: int) -> bytes:
    """Return the frames, int16 (n, channels), as an MP3 file of one channel at 22 050 Hz, as the model hears them.

    Raises:
        AudioFormatError: no microphone has this rate.
        soundfile.SoundFileError: libsndfile cannot encode it.
    """
    mono = resample(_mixed(frames, rate_hz), rate_hz)
    file = io.BytesIO()
    with soundfile.SoundFile(
        file,
        "w",
        samplerate=MODEL_RATE_HZ,
        channels=1,
        format="MP3",
        subtype="MPEG_LAYER_III",
        bitrate_mode="CONSTANT",
        compression_level=_CLIP_COMPRESSION_LEVEL,
    ) as mp3:
        mp3.write(mono)
    return file.getvalue()


def _mixed(frames: Int16Array, rate_hz: int) -> Int16Array:
    """Mix the channels of (n, channels) into (n,)."""
    if frames.shape[1] == 1:
        return to_mono(frames)
    mono = np.empty(len(frames), np.int16)
    piece = _MIXED_SECONDS * rate_hz
    for start in range(0, len(frames), piece):
        mono[start : start + piece] = to_mono(frames[start : start + piece])
    return mono
