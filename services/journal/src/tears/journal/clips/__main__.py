"""Write all labelled clips into a folder, to train on: `python -m tears.journal.clips FOLDER`."""

import sys
from pathlib import Path

from tears.journal.clips.export import write_clips
from tears.journal.clips.start import labelled_clips
from tears.journal.settings import JournalSettings
from tears.kit.errors import KitError
from tears.kit.settings import load_settings

_USAGE = "usage: python -m tears.journal.clips FOLDER (a new one, for the clips)"


def main(arguments: list[str]) -> int:
    """Write the clips, and print how many; return the exit status."""
    if len(arguments) != 1 or arguments[0].startswith("-"):
        print(_USAGE, file=sys.stderr)  # noqa: T201 - a command
        return 2
    folder = Path(arguments[0])
    try:
        written = write_clips(labelled_clips(load_settings(JournalSettings)), folder)
    except KitError as error:
        print(error, file=sys.stderr)  # noqa: T201 - a command
        return 1
    print(f"{written.crying} clips with crying and {written.other} with other sounds are in {folder}")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
