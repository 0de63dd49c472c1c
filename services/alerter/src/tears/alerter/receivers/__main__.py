"""Checks and tries the receivers: `python -m tears.alerter.receivers check`, or `test [RECEIVER]`."""

from tears.kit.terminal.start import quiet_imports

if __name__ == "__main__":
    quiet_imports()

import argparse
import sys

from tears.alerter.errors import NotifyError
from tears.alerter.notices.receivers import NOTIFY_VARIABLE
from tears.alerter.receivers.configured import receivers_of
from tears.alerter.receivers.summary import summary_lines
from tears.alerter.receivers.trial import trial_lines
from tears.alerter.settings import RULES_VARIABLE, AlerterSettings
from tears.kit.clock import SystemClock
from tears.kit.errors import KitError
from tears.kit.service import EXIT_BAD_SETTINGS
from tears.kit.settings import load_settings


def main(arguments: list[str] | None = None) -> int:
    """Check the receivers, or send them one notice of each kind; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tears.alerter.receivers", description=__doc__)
    parser.add_argument("what", choices=("check", "test"))
    parser.add_argument("receiver", nargs="?", default="", help="the only one that is tried")
    asked = parser.parse_args(arguments)
    try:
        receivers = receivers_of(load_settings(AlerterSettings), SystemClock())
        if not receivers.all_services:
            raise NotifyError(f"nobody is notified: set {RULES_VARIABLE} to a file, or {NOTIFY_VARIABLE}")
        if asked.what == "check":
            sys.stdout.writelines(f"{line}\n" for line in summary_lines(receivers))
            return 0
        are_accepted = True
        for line, is_accepted in trial_lines(receivers, asked.receiver):
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
            are_accepted = are_accepted and is_accepted
    except KitError as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_BAD_SETTINGS
    return 0 if are_accepted else 1


if __name__ == "__main__":
    sys.exit(main())
