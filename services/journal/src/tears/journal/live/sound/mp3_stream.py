"""Encode a room's sound as a stream of MP3, piece by piece. No I/O: chunks in, bytes out."""

from typing import Final

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

from tears.audio.constants import FULL_SCALE
from tears.audio.format import frames_from_pcm, require_rate
from tears.audio.polarity import channel_signs
from tears.kit.messages import AudioChunk

STREAM_RATE_HZ: Final = 24_000
# 64 kbit/s, with libsndfile's scale of 0 (160 kbit/s) to 1 (8 kbit/s) at this rate.
_COMPRESSION_LEVEL: Final = 0.6
# At this rate and bit rate every frame has the same size, and none is padded.
FRAME_BYTES: Final = 192  # 576 samples / 24 000 Hz * 64 000 bit/s / 8


class Mp3Stream:
    """Turns the chunks of one room into pieces of one MP3 stream of one channel. Not thread-safe.

    A player can begin with any piece. A chunk that is missing is left out, so what follows it comes earlier.
    """

    def __init__(self) -> None:
        self._output = _PieceBuffer()
        self._encoder = soundfile.SoundFile(
            self._output,
            "w",
            samplerate=STREAM_RATE_HZ,
            channels=1,
            format="MP3",
            subtype="MPEG_LAYER_III",
            bitrate_mode="CONSTANT",
            compression_level=_COMPRESSION_LEVEL,
        )
        self._mixer: _Mixer | None = None

    def encode(self, chunk: AudioChunk) -> bytes:
        """Return the whole frames that a chunk completes, perhaps none; the last 0.1 s or so stays in the encoder.

        Raises:
            AudioFormatError: no microphone has this rate.
            soundfile.SoundFileError: libsndfile cannot encode it.
        """
        require_rate(chunk.sample_rate_hz)
        if self._mixer is None or not self._mixer.fits(chunk):
            self._mixer = _Mixer(chunk)
        self._encoder.write(self._mixer.mix(frames_from_pcm(chunk.pcm, chunk.channels)))
        return self._output.take_frames()

    def close(self) -> None:
        """Release the encoder."""
        self._encoder.close()


class _Mixer:
    """Mixes the channels of one session and resamples them, without a seam between two chunks."""

    def __init__(self, first: AudioChunk) -> None:
        self._first = first
        # Taken once: a sign that changed between two chunks would be heard as a click.
        self._signs = np.array(channel_signs(frames_from_pcm(first.pcm, first.channels)), np.float32)
        self._resampler = soxr.ResampleStream(first.sample_rate_hz, STREAM_RATE_HZ, 1, dtype="float32")

    def fits(self, chunk: AudioChunk) -> bool:
        """Return whether a chunk continues what is mixed here."""
        return chunk.is_same_format(self._first)

    def mix(self, frames: npt.NDArray[np.int16]) -> npt.NDArray[np.float32]:
        """Return int16 (n, channels) as float32 (m,), [-1, 1), at the stream's rate; the end of it comes next time."""
        mono = (frames * self._signs).mean(axis=1, dtype=np.float32) / np.float32(FULL_SCALE)
        mixed: npt.NDArray[np.float32] = self._resampler.resample_chunk(mono)
        return mixed


class _PieceBuffer:
    """The file into which libsndfile writes; what is taken out is forgotten."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._taken = 0

    def write(self, data: bytes) -> int:
        """Append bytes."""
        self._bytes += data
        return len(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        """Say where the file ends: libsndfile only asks that, because a stream's beginning is never written again."""
        del offset, whence
        return self.tell()

    def tell(self) -> int:
        """Return the position, which is always the end."""
        return self._taken + len(self._bytes)

    def flush(self) -> None:
        """Do nothing: there is no file behind it."""

    def take_frames(self) -> bytes:
        """Take out all frames that are complete."""
        size = len(self._bytes) // FRAME_BYTES * FRAME_BYTES
        taken = bytes(self._bytes[:size])
        del self._bytes[:size]
        self._taken += size
        return taken
