"""Run a program that Linux ends when the process that started it has ended for any reason.

    python -I -S ended_with_parent.py PARENT PROGRAM ARGUMENT...

The child itself has to ask Linux for this, and not between fork and exec: there, libraries with threads run handlers,
and that of gRPC sometimes ended the child. This program imports only the standard library.
"""

import ctypes
import os
import signal
import sys

_PRCTL_DEATH_SIGNAL = 1
_CANNOT_START = 127  # the status that a shell returns


def main() -> int:
    """Replace this program; return a status only if the other program does not start."""
    parent, *command = sys.argv[1:]
    if not end_with_parent(int(parent)):
        return 0
    try:
        os.execvp(command[0], command)  # noqa: S606 (the program that the parent has named)
    except OSError as error:
        sys.stderr.write(f"ERROR {command[0]} cannot be started: {error.strerror}\n")
    return _CANNOT_START


def end_with_parent(parent: int) -> bool:
    """Let Linux end this process when its parent has ended; return False if that has happened already."""
    ctypes.CDLL(None).prctl(_PRCTL_DEATH_SIGNAL, signal.SIGTERM)
    return os.getppid() == parent


if __name__ == "__main__":
    sys.exit(main())
