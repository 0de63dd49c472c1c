"""Becomes a program that Linux ends when the process that started it is gone, whatever ended that.

    python -I -S ended_with_parent.py PARENT PROGRAM ARGUMENT...

It has to be asked for by the child itself, and not between fork and exec: libraries with threads of their own run
handlers there, and gRPC's ended the child at times. Nothing is imported but the standard library.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1
_CANNOT_START = 127  # as a shell says it


def main() -> int:
    """Returns a status only where the program does not start."""
    parent, *command = sys.argv[1:]
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != int(parent):
        return 0  # it was gone before we asked
    try:
        os.execvp(command[0], command)  # noqa: S606 (what we were told to become)
    except OSError as error:
        sys.stderr.write(f"ERROR {command[0]} cannot be started: {error.strerror}\n")
    return _CANNOT_START


if __name__ == "__main__":
    sys.exit(main())
