"""What a file's path tells of its sound: what kind it is, and whether somebody may be crying in it."""

import re
from typing import Final

# Anywhere in a path; infantry is not meant.
_CRYING_PARTS: Final = re.compile(r"baby|bebe|babies|infant(?!ry)|whimper|crying|newborn|sobbing|nursery")
_CRYING_WORDS: Final = frozenset(
    {"cry", "cries", "cried", "sob", "sobs", "weep", "weeps", "weeping", "wail", "wailing"}
)

_WORD: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_WORDS_OF_KIND: Final = {
    "music": "music musics soundtrack songs song moh intro theme anthem anthems bgm chiptune ringtones",
    "speech": "voice voices speech spoken talk desc codriver memressp countdown comments taunt taunts human announcer",
    "animals": "animal animals birds cat cats dog dogs farm wildlife sheep",
}
_KIND_OF_WORD: Final = {word: kind for kind, words in _WORDS_OF_KIND.items() for word in words.split()}


def words_of(path: str) -> list[str]:
    """The words of a path, in small letters: split at capitals, digits and signs."""
    return [word.lower() for word in _WORD.findall(path)]


def may_be_crying(path: str) -> bool:
    """Whether a path speaks of a baby, or of weeping."""
    return bool(_CRYING_PARTS.search(path.lower()) or _CRYING_WORDS.intersection(words_of(path)))


def kind_of(path: str, package_kind: str) -> str:
    """What a file most likely holds: in a mixed package its path tells, else the package does.

    Returns:
        speech, music, animals or effects.
    """
    if package_kind != "mixed":
        return package_kind
    return next((_KIND_OF_WORD[word] for word in reversed(words_of(path)) if word in _KIND_OF_WORD), "effects")
