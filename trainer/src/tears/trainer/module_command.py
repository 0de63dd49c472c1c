"""Give the commands `python -m tears.trainer...` an exit status, and print their errors in one line."""

import functools
import sys
from collections.abc import Callable, Sequence

from tears.own_data.errors import OwnDataError
from tears.trainer.errors import TrainingError


def module_command(
    name: str, *more_errors: type[Exception]
) -> Callable[[Callable[[Sequence[str] | None], None]], Callable[..., int]]:
    """Turn a function into a command: it prints an error in one line, and returns its exit status, which is then 1.

    Args:
        name: The command's name, with which the line on stderr begins.
        more_errors: What the function raises besides TrainingError and OwnDataError.
    """
    reported: tuple[type[Exception], ...] = (TrainingError, OwnDataError, *more_errors)

    def decorate(work: Callable[[Sequence[str] | None], None]) -> Callable[..., int]:
        @functools.wraps(work)
        def main(arguments: Sequence[str] | None = None) -> int:
            try:
                work(arguments)
            except reported as error:
                print(f"{name}: {error}", file=sys.stderr)
                return 1
            return 0

        return main

    return decorate
