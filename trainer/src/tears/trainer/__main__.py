"""The trainer: `tears-train --data_dir=./data --wanted_words=quiet,crying --train_dir=./training`, as in the blog."""

from tears.kit.terminal.start import quiet_imports

if __name__ == "__main__":
    quiet_imports()

import sys
from collections.abc import Sequence

from tears.kit.errors import SettingsError
from tears.kit.terminal.command import begin_command
from tears.own_data.errors import OwnDataError
from tears.trainer.commands import execute, require_packages, what_is_left
from tears.trainer.errors import TrainingError

INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, test and export; return the exit status."""
    if arguments is None:
        try:
            warnings = begin_command()
        except SettingsError as error:
            print(f"tears-train: {error}", file=sys.stderr)
            return 1
        for warning in warnings:
            print(f"tears-train: warning: {warning}", file=sys.stderr)
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        require_packages(words)
        execute(words)
    except (TrainingError, OwnDataError) as error:
        print(f"tears-train: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"tears-train: interrupted; {what_is_left(words)}", file=sys.stderr)
        return INTERRUPTED
    return 0


if __name__ == "__main__":
    sys.exit(main())
