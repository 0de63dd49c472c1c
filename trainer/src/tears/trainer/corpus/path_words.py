"""Guess from the words in a file's path what kind of sound it holds, and whether someone may be crying in it."""

import re
from typing import Final

# Found anywhere in a path, except in "infantry".
_CRYING_PARTS: Final = re.compile(r"baby|bebe|babies|infant(?!ry)|whimper|crying|newborn|sobbing|nursery")
_CRYING_WORDS: Final = {"cry", "cries", "cried", "sob", "sobs", "weep", "weeps", "weeping", "wail", "wailing"}

_WORD: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_WORDS_OF_KIND: Final = {
    "music": "music musics soundtrack songs song moh intro theme anthem anthems bgm chiptune ringtones",
    "speech": "voice voices speech spoken talk desc codriver memressp countdown comments taunt taunts human announcer",
    "animals": "animal animals birds cat cats dog dogs farm wildlife sheep",
}
_KIND_OF_WORD: Final = {word: kind for kind, words in _WORDS_OF_KIND.items() for word in words.split()}


def words_of(path: str) -> list[str]:
    """Return the words of a path in lower case. Capitals, digits and punctuation begin a new word."""
    return [word.lower() for word in _WORD.findall(path)]


def may_be_crying(path: str) -> bool:
    """Return whether a path has a word about a baby or about crying."""
    return bool(_CRYING_PARTS.search(path.lower()) or _CRYING_WORDS.intersection(words_of(path)))


def kind_of_sound(path: str, package_kind: str) -> str:
    """Return speech, music, animals or effects: the package's kind, or in a mixed package what the path suggests."""
    if package_kind != "mixed":
        return package_kind
    return next((_KIND_OF_WORD[word] for word in reversed(words_of(path)) if word in _KIND_OF_WORD), "effects")
