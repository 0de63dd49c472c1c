"""The names that parents give to rooms. No I/O.

They are for people only: keys, topics, folders and commands go on with the microphone's own name. Nothing depends on
them: what is missing or cannot be used leaves the name that the microphone says.
"""

import re
import unicodedata
from collections.abc import Mapping

from tears.kit.registry.mic_names import ROOM_NAME_PATTERN, room_of_mic

LONGEST_GIVEN_NAME = 60


class RoomNames:
    """Holds the names. One thread puts new ones into `given`; any other may ask for them.

    Attributes:
        given: the names that parents have given, by microphone.
    """

    def __init__(self, given: Mapping[str, str] | None = None) -> None:
        self.given: Mapping[str, str] = dict(given or {})

    def of(self, mic: str) -> str:
        """Return the name of a room for people."""
        return self.given.get(mic) or room_of_mic(mic)


def usable_name(text: str) -> str:
    """Return a name without the spaces around it; empty if it is too long, or has characters that nobody can see."""
    name = unicodedata.normalize("NFC", text.strip())
    is_usable = len(name) <= LONGEST_GIVEN_NAME and re.match(ROOM_NAME_PATTERN, name) and name.isprintable()
    return name if is_usable else ""
