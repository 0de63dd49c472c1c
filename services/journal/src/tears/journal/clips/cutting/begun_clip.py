"""The sound of a clip that an earlier process has begun and could not end."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import soundfile

from tears.audio.format import Int16Array
from tears.journal.clips.cutting.clip_writer import times_of

# As `OpenClip` tags its files.
_BEGUN_TAG = re.compile(r"mic=\S+ session=(?P<session>\S+) first_sample=(?P<first>\d+)\Z")
_BEGUN_PIECE_SECONDS = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class BegunClip:
    """A file of a clip, and where its sound belongs.

    Attributes:
        from_at: the time of its first sample.
        session: the label of the session in which it begins; empty if the file does not say it.
        end_sample: the sample of that session that comes next.
    """

    path: Path
    from_at: float
    rate_hz: int
    channels: int
    comment: str
    session: str
    end_sample: int

    def pieces(self) -> Iterator[Int16Array]:
        """Yield its sound in pieces of a second, int16 (n, channels).

        Raises OSError and soundfile.SoundFileError if the file cannot be read (any more).
        """
        with soundfile.SoundFile(self.path) as flac:
            yield from flac.blocks(_BEGUN_PIECE_SECONDS * flac.samplerate, dtype="int16", always_2d=True)


def look_at_begun(path: Path) -> BegunClip | None:
    """Return the facts of a clip's file; None if it is gone or cannot be read."""
    from_at, seconds = times_of(path)
    if not seconds:
        return None
    try:
        with soundfile.SoundFile(path) as flac:
            tag = _BEGUN_TAG.match(flac.comment)
            return BegunClip(
                path=path,
                from_at=from_at,
                rate_hz=flac.samplerate,
                channels=flac.channels,
                comment=flac.comment,
                session=tag["session"] if tag else "",
                end_sample=int(tag["first"]) + flac.frames if tag else 0,
            )
    except (OSError, soundfile.SoundFileError):
        return None
