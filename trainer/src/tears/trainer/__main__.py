"""The trainer: `tears-train --data_dir=./data --wanted_words=quiet,crying --train_dir=./training`, as in the blog."""

import signal
import sys
from collections.abc import Sequence

from tears.own_data.errors import OwnDataError
from tears.trainer.commands import execute, require_packages, what_is_left
from tears.trainer.errors import TrainingError

INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, test and export; return the exit status."""
    if arguments is None:
        # The process belongs to this command: SIGTERM must end it cleanly, as Ctrl-C does.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
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
