"""Names of files that are not UTF-8: memory cards and archives of old devices have some."""

import os
from pathlib import Path


def fault_of_name(path: Path) -> str:
    """Return what is wrong with a path's name, and the cure; empty where it is UTF-8, and so can be opened."""
    try:
        os.fspath(path).encode()
    except UnicodeEncodeError:
        return f"{os.fsencode(path).decode(errors='replace')} has a name that is not UTF-8; rename it"
    return ""
