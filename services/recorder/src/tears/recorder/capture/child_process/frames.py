"""The frames that a capturing process writes to its pipe: each has a kind, a length and a body.

Both ends are the same version on the same machine, so numbers are in the machine's byte order. This module imports
nothing heavy, because every restart of a capture loads it.
"""

import json
import struct
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Self

from tears.recorder.errors import CaptureError, DeviceAbsentError, SourceError

_FRAME_HEADER = struct.Struct("=cI")
_BLOCK_HEADER = struct.Struct("=II")
# 10 s of 384 kHz stereo: no frame of ours is longer.
MOST_FRAME_BYTES = 32 << 20

_FAULT_ERRORS: dict[str, type[CaptureError | SourceError]] = {
    one.__name__: one for one in (DeviceAbsentError, CaptureError, SourceError)
}


@dataclass(frozen=True)
class SoundFormat:
    """The first frame: the device and the format of its sound, always int32.

    Attributes:
        note: A hint for the user, or empty.
        with_pictures: Whether a camera gave its sound only together with its pictures.
    """

    device: str
    sample_rate_hz: int
    channels: int
    note: str = ""
    with_pictures: bool = False


@dataclass(frozen=True)
class RawBlock:
    """Sound, int32 with interleaved channels, and what was lost right before it: samples per channel, and how often."""

    lost_samples: int
    overflows: int
    pcm: bytes


@dataclass(frozen=True)
class Fault:
    """The last frame: why there is no sound. It carries an error from one process to the other."""

    error_name: str
    reason: str

    @classmethod
    def of(cls, error: CaptureError | SourceError) -> Self:
        """Return the fault that carries `error`."""
        return cls(type(error).__name__, str(error))

    def error(self) -> CaptureError | SourceError:
        """Return the error again, to be raised."""
        return _FAULT_ERRORS[self.error_name](self.reason)


Frame = SoundFormat | RawBlock | Fault
_JSON_FRAMES: dict[bytes, type[SoundFormat | Fault]] = {b"F": SoundFormat, b"X": Fault}
_BLOCK_KIND = b"B"


def encode_frame(frame: Frame) -> bytes:
    """Return the bytes that `FrameReader` reads."""
    if isinstance(frame, RawBlock):
        kind, body = _BLOCK_KIND, _BLOCK_HEADER.pack(frame.lost_samples, frame.overflows) + frame.pcm
    else:
        kind = b"X" if isinstance(frame, Fault) else b"F"
        body = json.dumps(asdict(frame)).encode()
    return _FRAME_HEADER.pack(kind, len(body)) + body


class FrameReader:
    """Put frames together from bytes in pieces of any length."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def feed(self, received: bytes) -> Iterator[Frame]:
        """Yield the frames that `received` completes.

        Raises:
            CaptureError: The bytes are not a frame.
        """
        self._waiting += received
        while len(self._waiting) >= _FRAME_HEADER.size:
            kind, length = _FRAME_HEADER.unpack_from(self._waiting)
            if (kind != _BLOCK_KIND and kind not in _JSON_FRAMES) or length > MOST_FRAME_BYTES:
                raise CaptureError(f"the capturing process sent no frame but {bytes(self._waiting[:16])!r}")
            end = _FRAME_HEADER.size + length
            if len(self._waiting) < end:
                return
            body = bytes(self._waiting[_FRAME_HEADER.size : end])
            del self._waiting[:end]
            if kind == _BLOCK_KIND:
                lost_samples, overflows = _BLOCK_HEADER.unpack_from(body)
                yield RawBlock(lost_samples, overflows, body[_BLOCK_HEADER.size :])
            else:
                yield _JSON_FRAMES[kind](**json.loads(body))
