"""Names of microphones that can also be names of folders. No I/O."""

import re

FOLDER_NAME_PATTERN = r"^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,254}\Z"


def is_folder_name(mic: str) -> bool:
    """Return whether a folder can have this name; such a name from the network never leads out of its parent."""
    return re.match(FOLDER_NAME_PATTERN, mic) is not None
