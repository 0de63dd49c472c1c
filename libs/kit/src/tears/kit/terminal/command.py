"""The beginning of a command that a person runs, as opposed to a service."""

import os
import signal

from tears.kit.shutdown import stop_signals
from tears.kit.terminal.output import print_any_character
from tears.kit.terminal.start import interruptible
from tears.kit.variables.tidying import tidy_environment


def begin_command() -> list[str]:
    """Prepare the process, which belongs to the command, and return warnings about its variables.

    SIGTERM and a closed terminal raise KeyboardInterrupt as Ctrl-C does, so that the command cleans up; a command that
    drains handles these signals itself. What the terminal cannot show is printed as something similar.

    Raises:
        SettingsError: A variable cannot be understood.
    """
    interruptible()
    for number in stop_signals():
        signal.signal(number, signal.default_int_handler)
    print_any_character()
    return tidy_environment(os.environ)
