"""What the process that captures says to the recorder: frames on a pipe, each a kind, a length and a body.

Both ends are this machine's and this version's: the numbers are in its own byte order. Nothing heavy is imported here,
since every restart of a capture pays for it.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from tears.recorder.errors import CaptureError

_HEADER = struct.Struct("=cI")
_BLOCK_HEADER = struct.Struct("=II")
# 10 s of 384 kHz stereo: a longer frame is none of ours.
MOST_BYTES = 32 << 20

FORMAT = b"F"
BLOCK = b"B"
FAULT = b"X"

# Kinds of faults. ABSENT: no such device now, look again later. BROKEN: it is there and gives no sound, likewise.
# UNUSABLE: trying again does not help.
ABSENT = "absent"
BROKEN = "broken"
UNUSABLE = "unusable"


@dataclass(frozen=True)
class SoundFormat:
    """What a session of a device gives: its name, and int32 samples.

    Attributes:
        device: its name.
        sample_rate_hz: of the sound.
        channels: of the sound.
        note: what whoever set it up should know; empty: nothing.
    """

    device: str
    sample_rate_hz: int
    channels: int
    note: str = ""

    def frame(self) -> bytes:
        """To be sent first."""
        return _frame(FORMAT, json.dumps(asdict(self)).encode())

    @classmethod
    def decode(cls, body: bytes) -> SoundFormat:
        """Of a frame's body."""
        return cls(**json.loads(body))


@dataclass(frozen=True)
class RawBlock:
    """Sound as it came.

    Attributes:
        lost_samples: that should have come before it, per channel.
        overflows: how often sound was lost there.
        pcm: int32, channels interleaved.
    """

    lost_samples: int
    overflows: int
    pcm: bytes

    def frame(self) -> bytes:
        """As it is sent."""
        return _frame(BLOCK, _BLOCK_HEADER.pack(self.lost_samples, self.overflows) + self.pcm)

    @classmethod
    def decode(cls, body: bytes) -> RawBlock:
        """Of a frame's body."""
        lost_samples, overflows = _BLOCK_HEADER.unpack_from(body)
        return cls(lost_samples, overflows, body[_BLOCK_HEADER.size :])


@dataclass(frozen=True)
class Fault:
    """Why there is no sound; the last frame."""

    kind: str
    reason: str

    def frame(self) -> bytes:
        """As it is sent."""
        return _frame(FAULT, json.dumps(asdict(self)).encode())

    @classmethod
    def decode(cls, body: bytes) -> Fault:
        """Of a frame's body."""
        return cls(**json.loads(body))


class FrameReader:
    """Bytes in as they come, frames out."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def feed(self, received: bytes) -> Iterator[SoundFormat | RawBlock | Fault]:
        """The frames that `received` completes.

        Raises:
            CaptureError: these are no frames.
        """
        self._waiting += received
        while len(self._waiting) >= _HEADER.size:
            kind, length = _HEADER.unpack_from(self._waiting)
            if kind not in _DECODERS or length > MOST_BYTES:
                raise CaptureError(f"the capturing process sent no frame but {bytes(self._waiting[:16])!r}")
            end = _HEADER.size + length
            if len(self._waiting) < end:
                return
            body = bytes(self._waiting[_HEADER.size : end])
            del self._waiting[:end]
            yield _DECODERS[kind].decode(body)


def _frame(kind: bytes, body: bytes) -> bytes:
    return _HEADER.pack(kind, len(body)) + body


_DECODERS: dict[bytes, type[SoundFormat | RawBlock | Fault]] = {
    FORMAT: SoundFormat,
    BLOCK: RawBlock,
    FAULT: Fault,
}
