"""Names of rooms for people, and of their microphones for keys, folders and metrics. No I/O."""

import re
import unicodedata

FOLDER_NAME_PATTERN = r"^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,254}\Z"

LONGEST_MIC_NAME = 255
# No control characters, and no separators of lines: a name must not begin a new line in a log.
ROOM_NAME_PATTERN = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]+\Z"
ROOM_NAME_WORDS = "a name of up to 255 letters, digits, spaces and other characters of one line"

# The alerter's own microphone, to which it plays a cry to prove that the chain hears. It is no room, and no room has
# its name.
SELF_TEST_MIC = "_selftest"

_NOT_IN_A_KEY = re.compile(r"[^A-Za-z0-9_.-]")
# As XML names are written (ISO 9075-14): _x0020_ is a space.
_ESCAPED = re.compile(r"_x([0-9A-F]{4,6})_")


def is_room(mic: str) -> bool:
    """Return whether a microphone's name is that of a room, and not that of the self-test."""
    return mic != SELF_TEST_MIC


def is_folder_name(mic: str) -> bool:
    """Return whether a folder can have this name; such a name from the network never leads out of its parent."""
    return re.match(FOLDER_NAME_PATTERN, mic) is not None


def mic_of_room(name: str) -> str:
    """Return the microphone's name for a room's: the same if it has only letters, digits, `_`, `.` and `-`.

    All else is written as its Unicode number: "Küche oben" is `K_x00FC_che_x0020_oben`. The result stays the same if it
    is given again.
    """
    text = unicodedata.normalize("NFC", name.strip())
    return _NOT_IN_A_KEY.sub(lambda found: f"_x{ord(found[0]):04X}_", text)


def room_of_mic(mic: str) -> str:
    """Return the room's name, which people read, for a microphone's; the reverse of `mic_of_room`."""
    return _ESCAPED.sub(_unescaped, mic)


def _unescaped(found: re.Match[str]) -> str:
    number = int(found[1], 16)
    try:
        character = chr(number)
    except ValueError:
        return found[0]
    # A name that somebody else has made must not hide a line break.
    return character if re.match(ROOM_NAME_PATTERN, character) and character.isprintable() else found[0]
