"""Declare a command's flags as the fields of a frozen dataclass, and build its parser and its help from them."""

import argparse
import dataclasses
import difflib
import math
from collections.abc import Callable, Sequence
from typing import Any, Final, Generic, NoReturn, TypeVar

FlagsT = TypeVar("FlagsT")

_TRUE: Final = ("true", "t", "yes", "y", "on", "1")
_FALSE: Final = ("false", "f", "no", "n", "off", "0")


def flag(
    default: Any,
    meaning: str,
    *,
    parse: Callable[[str], Any] = str,
    choices: Sequence[Any] | None = None,
    older_name: str | None = None,
    is_switch: bool = False,
) -> Any:
    """Declare a field of a flags class.

    Args:
        default: The value when the flag is not given.
        meaning: The text for `--help`; the default is added to it unless it is None.
        parse: Makes the value from the flag's text; raises ArgumentTypeError.
        choices: All values that the flag can have; None if they cannot be listed.
        older_name: The name that the flag had in an earlier version.
        is_switch: Whether the value can be left out: `--quantize` is `--quantize=true`.
    """
    text = ",".join(map(str, default)) if isinstance(default, tuple) else str(default)
    metadata = {
        "older_name": older_name,
        "meaning": meaning if default is None else f"{meaning}; default: {text or 'empty'}",
        "type": parse,
        "choices": choices,
        "default": default,
        **({"nargs": "?", "const": True} if is_switch else {}),
    }
    return dataclasses.field(default=default, metadata=metadata)


class FlagParser(argparse.ArgumentParser, Generic[FlagsT]):
    """Parses a command line into a flags class; prints an error in one line, with the flag that was probably meant."""

    def __init__(self, flags_class: type[FlagsT], *, prog: str, description: str, epilog: str | None = None) -> None:
        super().__init__(prog=prog, description=description, epilog=epilog, allow_abbrev=False)
        self._flags_class = flags_class
        # Every flags class is a dataclass, which typing cannot express.
        for declared in dataclasses.fields(flags_class):  # type: ignore[arg-type]
            if declared.metadata:
                self._add_flag(declared.name, **declared.metadata)

    def _add_flag(self, name: str, *, older_name: str | None, meaning: str, **options: Any) -> None:
        names = (name, older_name) if older_name else (name,)
        spellings = dict.fromkeys(f"--{one}" for known in names for one in (known, known.replace("_", "-")))
        metavar = None if options["choices"] else name.rpartition("_")[2].upper()
        self.add_argument(*spellings, dest=name, help=meaning.replace("%", "%%"), metavar=metavar, **options)

    def parse_flags(self, arguments: Sequence[str]) -> FlagsT:
        """Parse a command line, given without the program's name.

        Raises:
            SystemExit: A flag is unknown or out of range, or flags contradict each other (status 2), or `--help` was
                given (status 0).
        """
        values = vars(self.parse_args(list(arguments)))
        try:
            return self._flags_class(**values)
        except ValueError as error:
            self.error(str(error))

    def error(self, message: str) -> NoReturn:
        """Print an error in one line, and end the process with status 2."""
        # Every other message names the flag already.
        if message.startswith("unrecognized arguments:"):
            known = [option for action in self._actions for option in action.option_strings]
            names = [word.split("=")[0] for word in message.split() if word.startswith("--")]
            near = [found for name in names for found in difflib.get_close_matches(name, known, 1) if found != name]
            message += f"; did you mean {near[0]}?" if near else ""
        self.exit(2, f"{self.prog}: {message}\n")


def parse_bool(text: str) -> bool:
    """Parse a truth value: `False`, `no` and `0` are false; raise ArgumentTypeError if the text is neither."""
    word = text.strip().lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise argparse.ArgumentTypeError(f"{text!r} is neither true nor false")


def number_between(kind: type[int] | type[float], low: float, high: float = math.inf) -> Callable[[str], float]:
    """Return a function that parses a number of a kind and raises ArgumentTypeError outside of a range."""

    def parse(text: str) -> float:
        try:
            value = kind(text)
        except ValueError:
            noun = "a whole number" if kind is int else "a number"
            raise argparse.ArgumentTypeError(f"{text!r} is not {noun}") from None
        if not (math.isfinite(value) and low <= value <= high):
            at_most = f" to {high:g}" if math.isfinite(high) else " or more"
            raise argparse.ArgumentTypeError(f"{text} is out of range: {low:g}{at_most}")
        return value

    return parse


def comma_separated(parse: Callable[[str], Any]) -> Callable[[str], tuple[Any, ...]]:
    """Return a function that parses a list of values with commas between them."""
    return lambda text: tuple(parse(word.strip()) for word in text.split(","))
