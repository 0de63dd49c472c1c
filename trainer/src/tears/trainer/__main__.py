"""The trainer: `tears-train --data_dir=./data --wanted_words=quiet,crying --train_dir=./training`, as in the blog."""

from tears.kit.terminal.start import interruptible, quiet_imports

if __name__ == "__main__":
    quiet_imports()

import os
import signal
import sys
from collections.abc import Sequence

from tears.kit.errors import SettingsError
from tears.kit.shutdown import stop_signals
from tears.kit.terminal.output import print_any_character
from tears.kit.variables.tidying import tidy_environment
from tears.own_data.errors import OwnDataError
from tears.trainer.commands import execute, require_packages, what_is_left
from tears.trainer.errors import TrainingError

INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, test and export; return the exit status."""
    if arguments is None:
        # The process belongs to this command: SIGTERM and a closed terminal must end it cleanly, as Ctrl-C does.
        interruptible()
        for number in stop_signals():
            signal.signal(number, signal.default_int_handler)
        print_any_character()
        try:
            warnings = tidy_environment(os.environ)
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
