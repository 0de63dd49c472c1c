"""Checks and tries the receivers: `python -m tears.alerter.receivers check`, or `test [RECEIVER]`."""

from tears.kit.terminal.start import quiet_imports

if __name__ == "__main__":
    quiet_imports()

import argparse
import os
import sys

from tears.alerter.errors import NotifyError
from tears.alerter.notices.receivers import NOTIFY_VARIABLE
from tears.alerter.receivers.configured import receivers_of
from tears.alerter.receivers.summary import summary_lines
from tears.alerter.receivers.trial import trial_lines
from tears.alerter.settings import RULES_VARIABLE, AlerterSettings
from tears.kit.clock import SystemClock
from tears.kit.errors import KitError
from tears.kit.files import reason_and_cure
from tears.kit.service import EXIT_BAD_SETTINGS
from tears.kit.settings import load_settings
from tears.kit.terminal.output import print_any_character


def main(arguments: list[str] | None = None) -> int:
    """Check the receivers, or send them one notice of each kind; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tears.alerter.receivers", description=__doc__)
    parser.add_argument("what", choices=("check", "test"))
    parser.add_argument("receiver", nargs="?", default="", help="the only one that is tried")
    asked = parser.parse_args(arguments)
    print_any_character()
    are_accepted = True
    try:
        receivers = receivers_of(load_settings(AlerterSettings), SystemClock())
        if not receivers.all_services:
            raise NotifyError(f"nobody is notified: set {RULES_VARIABLE} to a file, or {NOTIFY_VARIABLE}")
        if asked.what == "check":
            print(*summary_lines(receivers), sep="\n", flush=True)  # noqa: T201 - for whoever has asked
            return 0
        for line, is_accepted in trial_lines(receivers, asked.receiver):
            print(line, flush=True)  # noqa: T201 - as above
            are_accepted = are_accepted and is_accepted
    except KitError as error:
        print(error, file=sys.stderr)  # noqa: T201 - as above
        return EXIT_BAD_SETTINGS
    except OSError as error:
        # Without this, Python would complain about the rest of the output.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            print(f"the output cannot be written: {reason_and_cure(error)}", file=sys.stderr)  # noqa: T201 - as above
        return 1
    return 0 if are_accepted else 1


if __name__ == "__main__":
    sys.exit(main())
