"""Names of files for people and for text files: old devices and systems write names that are not UTF-8."""

import os


def readable_name(name: str | os.PathLike[str]) -> str:
    """Return a name or path as text that can be written to a file or drawn; only for reading, not for opening.

    The parts of a path that are not UTF-8 are read as Latin-1, which nearly all such names are: the byte E4 is an ä.
    """
    return "/".join(_readable(part) for part in os.fsencode(name).split(b"/"))


def _readable(part: bytes) -> str:
    try:
        return part.decode()
    except UnicodeDecodeError:
        text = part.decode("latin-1")
        # Between ASCII and the letters, Latin-1 has control characters.
        return "".join(character if character.isprintable() else "_" for character in text)
