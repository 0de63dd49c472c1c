"""Let Ctrl-C end a program quietly while its modules are imported. Imports hardly anything itself."""

import importlib
import signal
import sys
from typing import NoReturn


def quiet_imports() -> None:
    """Let Ctrl-C end the process as it ends a program in C, without a traceback, until `interruptible`.

    Where SIGINT is ignored or handled already, nothing changes.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


def interruptible() -> None:
    """Let Ctrl-C raise KeyboardInterrupt again."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def run_main(module: str, function: str = "main") -> NoReturn:
    """Import a module quietly, call its function, and exit with what that returns."""
    quiet_imports()
    main = getattr(importlib.import_module(module), function)
    interruptible()
    sys.exit(main())
