"""Open a file of sound and read it from its beginning to its end, whatever its header says of its length."""

import contextlib
import errno
import os
import shlex
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import soundfile

from tears.sound_files.decoder import Decoder, Frames
from tears.sound_files.errors import UnreadableSoundError
from tears.sound_files.libsndfile_decoder import NO_LAST_PAGE, LibsndfileDecoder

# Longer than any file.
EVERYTHING: Final = 2**62
INSTALL_PHONES: Final = "make rtsp"
_CURES: Final = {
    errno.ENOENT: "is its name right?",
    errno.EACCES: "let this user read it (chmod +r)",
}
# How the files begin that need more than libsndfile: the position and the bytes there.
_PHONE_KINDS: Final = (
    (4, b"ftyp", "M4A or 3GP"),
    (0, b"#!AMR", "AMR"),
    (0, b"\x1aE\xdf\xa3", "WebM or Matroska"),
    (0, b"\xff\xf1", "AAC"),
    (0, b"\xff\xf9", "AAC"),
    (0, b"0&\xb2u", "WMA"),
    (0, b"caff", "CAF"),
    (0, b"OggS", "Ogg"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class SoundFacts:
    """The content of a file, as it was found by looking at its end and not at its header only.

    Attributes:
        samples: How many samples it really has, per channel.
        codec: How the sound is stored, e.g. PCM_16.
        is_seekable: Whether a reader can jump to any place.
        comment: A comment that the file holds; empty for none.
        date: A date that the file holds; empty for none.
        fault: Why the sound ends too early: "lacks 96 of 960 bytes of sound"; empty if all is well.
    """

    rate_hz: int
    channels: int
    samples: int
    codec: str
    is_seekable: bool
    comment: str
    date: str
    fault: str

    @property
    def is_truncated(self) -> bool:
        """Return whether sound is missing at the end, or cannot be decoded."""
        return bool(self.fault) and self.fault != NO_LAST_PAGE

    @property
    def seconds(self) -> float:
        """Return the length."""
        return self.samples / self.rate_hz


def open_decoder(path: Path) -> Decoder:
    """Open a file with what can decode it; the caller closes it.

    Raises:
        UnreadableSoundError: Nothing can decode it, or it cannot be read.
    """
    try:
        _check_regular(path)
        return LibsndfileDecoder(path)
    except OSError as error:
        cure = _CURES.get(error.errno or 0, "copy it again from where it came")
        raise UnreadableSoundError(path, f"cannot be opened: {error.strerror}; {cure}") from error
    except soundfile.LibsndfileError as error:
        return _open_with_more(path, error.error_string.strip())


def look_at(path: Path) -> SoundFacts:
    """Find out what a file holds. Decodes a file to its end if its header does not tell its length, or lies.

    Raises:
        UnreadableSoundError: Nothing can decode it, or it cannot be read.
    """
    with contextlib.closing(open_decoder(path)) as decoder:
        samples = 0
        if decoder.is_seekable and decoder.promised_samples:
            samples = decoder.skip(decoder.promised_samples - 1)
        samples += decoder.skip(EVERYTHING)
        return SoundFacts(
            rate_hz=decoder.rate_hz,
            channels=decoder.channels,
            samples=samples,
            codec=decoder.codec,
            is_seekable=decoder.is_seekable,
            comment=decoder.comment,
            date=decoder.date,
            fault=decoder.fault,
        )


def read_pieces(decoder: Decoder, samples: int) -> Iterator[npt.NDArray[np.float64]]:
    """Yield the sound in pieces: float64 in [-1, 1), (samples, channels); the last one may be shorter.

    A piece is overwritten when the next one is asked for.
    """
    piece = np.empty((samples, decoder.channels), np.float64)
    while count := fill(decoder, piece):
        yield piece[:count]


def fill(decoder: Decoder, piece: Frames) -> int:
    """Read as much of `piece` as there is; return how many samples, which are fewer only at the end of the sound."""
    filled = 0
    while filled < len(piece) and (count := decoder.read(piece[filled:])):
        filled += count
    return filled


def _check_regular(path: Path) -> None:
    """Refuse what is not a file with something in it; raise OSError if that cannot be found out."""
    # O_NONBLOCK: do not wait at a pipe that nobody writes to.
    file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        status = os.fstat(file)
    finally:
        os.close(file)
    if not stat.S_ISREG(status.st_mode):
        what = "a folder" if stat.S_ISDIR(status.st_mode) else "not a regular file"
        raise UnreadableSoundError(path, f"is {what}; give a recording on a disk")
    if status.st_size == 0:
        raise UnreadableSoundError(path, "is empty; record it again")


def _open_with_more(path: Path, reason: str) -> Decoder:
    """Open a file that libsndfile does not read, because of `reason`."""
    kind = _phone_kind(path)
    convert = f"ffmpeg -i {shlex.quote(path.name)} {shlex.quote(f'{path.stem}.wav')}"
    damaged = f"is not a recording that can be read, or its beginning is damaged ({reason}); use WAV, FLAC or OGG"
    try:
        from tears.sound_files.phone_decoder import PhoneDecoder  # noqa: PLC0415 - av is an extra, and takes a moment

        return PhoneDecoder(path)
    except ImportError as error:
        if not kind:
            raise UnreadableSoundError(path, damaged) from error
        raise UnreadableSoundError(
            path,
            f"holds {kind} sound, which needs another decoder: convert it ({convert}), or set that up "
            f"with {INSTALL_PHONES}",
        ) from error
    except (OSError, ValueError) as error:
        if not kind:
            raise UnreadableSoundError(path, damaged) from error
        raise UnreadableSoundError(
            path, f"looks like {kind} sound, and cannot be decoded ({error}); copy it again, or convert it: {convert}"
        ) from error


def _phone_kind(path: Path) -> str:
    """Return the kind of a file that needs more than libsndfile, by its first bytes; empty for others."""
    with path.open("rb") as file:
        head = file.read(16)
    return next((kind for at, mark, kind in _PHONE_KINDS if head[at : at + len(mark)] == mark), "")
