"""The folders of a user's own files: outside of the checkout, as the XDG Base Directory Specification says."""

import os
from pathlib import Path


def user_folder(variable: str, below_home: str) -> Path | None:
    """Return the `tears` folder of a kind of files, which may not exist yet; None if this user has no home.

    Args:
        variable: XDG_DATA_HOME or XDG_STATE_HOME, which names the parent of the folder.
        below_home: Where that is below the home if the variable is not set.
    """
    # The specification says to ignore relative paths.
    named = Path(os.environ.get(variable) or ".")
    if named.is_absolute():
        return named / "tears"
    try:
        return Path.home() / below_home / "tears"
    except RuntimeError:
        return None


def state_folder() -> Path | None:
    """Return the folder for what must outlive a command, which may not exist yet; None if this user has no home."""
    return user_folder("XDG_STATE_HOME", ".local/state")


def user_models(name: str) -> Path | None:
    """Return the folder of the versions of a model that this user has installed, which may not exist yet."""
    data = user_folder("XDG_DATA_HOME", ".local/share")
    return None if data is None else data / "models" / name
