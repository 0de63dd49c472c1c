"""Output for any terminal: one that cannot show every character, and one that is closed while we run."""

import codecs
import io
import os
import sys
import unicodedata
from typing import Any

_ERROR_HANDLER = "tears.similar"
# What has no similar character by Unicode's own tables.
_SIMILAR = {
    "\u2588": "#",
    "\u00b7": ".",
    "\u2022": "*",
    "\u2013": "-",
    "\u2014": "-",
    "\u2018": "'",
    "\u2019": "'",
    "\u201c": '"',
    "\u201d": '"',
    "\u00d7": "x",
    "\u00df": "ss",
    "\u2192": "->",
    "\u2500": "-",
    "\u2501": "-",
    "\u2578": "-",
    "\u257a": "-",
    "\u2502": "|",
}


def print_any_character() -> None:
    """Let standard output and error print a similar character, or `?`, for one that their encoding does not have."""
    codecs.register_error(_ERROR_HANDLER, _similar)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_ERROR_HANDLER)


def outlive_terminal() -> None:
    """Let standard output take what is printed, and drop it, after its terminal or the program that reads it has gone.

    For programs that must go on. Others should end when nobody reads.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.flush()
        buffer = io.BufferedWriter(_PatientOutput(sys.stdout.fileno()))
        encoding, errors = sys.stdout.encoding, sys.stdout.errors
        sys.stdout = io.TextIOWrapper(buffer, encoding=encoding, errors=errors, line_buffering=True)


class _PatientOutput(io.RawIOBase):
    """Writes to a descriptor, which stays open, and takes it as written if that fails."""

    def __init__(self, fd: int) -> None:
        super().__init__()
        self._fd = fd

    def fileno(self) -> int:
        return self._fd

    def isatty(self) -> bool:
        return os.isatty(self._fd)

    def writable(self) -> bool:
        return True

    def write(self, content: Any, /) -> int:
        try:
            return os.write(self._fd, content)
        except OSError:
            return len(content)


def _similar(error: UnicodeError) -> tuple[str, int]:
    """Return what to print in place of the characters that cannot be encoded, and where to go on."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    characters = error.object[error.start : error.end]
    return "".join(map(_similar_character, characters)), error.end


def _similar_character(character: str) -> str:
    plain = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()
    return _SIMILAR.get(character) or plain or "?"
