"""The request to the program that cuts a clip, and its answers. No I/O."""

import enum

import msgspec

from tears.alerter.attachments.clip_span import ClipSpan

# The program ends itself after this time, whatever hangs. A Pi needs two or three seconds.
LONGEST_CUT_SECONDS = 60


class CutStatus(enum.IntEnum):
    """The exit status of the program. Any other means that it broke down."""

    DONE = 0
    # Nothing is left of the sound.
    NO_SOUND = 3
    # Redis did not answer, and may answer later.
    NOT_NOW = 4


class ClipRequest(msgspec.Struct, frozen=True):
    """What the program reads on its standard input, as JSON; the file is what it writes."""

    redis_url: str
    span: ClipSpan

    def encode(self) -> bytes:
        """Return the request as JSON. It has the password of Redis, so it is never an argument or logged."""
        return msgspec.json.encode(self)

    @classmethod
    def decode(cls, body: bytes) -> "ClipRequest":
        """Read what `encode` wrote; raise msgspec.DecodeError if it is something else."""
        return msgspec.json.decode(body, type=cls)
