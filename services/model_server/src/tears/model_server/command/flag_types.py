"""Declare flags, and read each type of value from the command line."""

import argparse
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tears.kit.network.listening import LISTEN_PATTERN
from tears.model_server.config_text import local_path
from tears.model_server.errors import ConfigError

MAX_PORT: Final = 65_535
LARGEST_COUNT: Final = 2**53
LARGEST_INT32: Final = 2**31 - 1

_INT32_MIN: Final = -(2**31)
_MAX_INTERVAL_SECONDS: Final = 10 * 365 * 86_400  # ten years: in effect never


@dataclass(frozen=True, slots=True)
class ServerFlag:
    """The declaration of one flag, for the parser, the help text and the README.

    Attributes:
        help: What the flag does, without a full stop.
        parse: Turns the text into the value; raises ValueError or ArgumentTypeError if the text is wrong.
        default: The value when the flag is not given; a text is parsed first.
        older_name: A name that TF Serving once had for the flag.
        variable: An environment variable that replaces the default.
        choices: The only values that are accepted; empty accepts all that `parse` accepts.
    """

    help: str
    parse: Callable[[str], Any]
    default: object = None
    older_name: str = ""
    variable: str = ""
    choices: tuple[str, ...] = ()

    @property
    def is_switch(self) -> bool:
        """Whether the flag may stand alone, which means true."""
        return self.parse is truth


def flag(help: str, parse: Callable[[str], Any], default: object = None, **details: Any) -> Any:  # noqa: A002 - argparse's name
    """Declare a dataclass field as a flag of the same name; the arguments are those of `ServerFlag`."""
    return field(metadata={"flag": ServerFlag(help, parse, default, **details)})


def switch(help: str, *, default: bool = False, **details: Any) -> Any:  # noqa: A002 - argparse's name
    """Declare a dataclass field as a flag that is true or false; given without a value, it is true."""
    return flag(help, truth, default, **details)


def truth(text: str) -> bool:
    """Read `true`, `false`, `1` or `0`."""
    if text not in {"true", "false", "1", "0"}:
        raise argparse.ArgumentTypeError(f"{text!r} is neither true (1) nor false (0)")
    return text in {"true", "1"}


def listen_address(text: str) -> str:
    """Read `loopback`, `all` or an IP address."""
    if not re.match(LISTEN_PATTERN, text):
        raise argparse.ArgumentTypeError(f"{text!r} is neither loopback, all nor an IP address")
    return text


def whole(low: int, high: int) -> Callable[[str], int]:
    """Return a function that reads a whole number from `low` to `high`."""

    def parse(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"invalid whole number value: {text!r}") from None
        if not low <= number <= high:
            raise argparse.ArgumentTypeError(f"{text} is not between {low} and {high}")
        return number

    return parse


def seconds(text: str) -> float:
    """Read a number of seconds, at most ten years."""
    number = float(text)
    if not 0 <= number <= _MAX_INTERVAL_SECONDS:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and {_MAX_INTERVAL_SECONDS} seconds")
    return number


def nonempty_name(text: str) -> str:
    """Read a name that is not empty."""
    if not text:
        raise argparse.ArgumentTypeError("a model needs a name")
    return text


def path(text: str) -> Path | None:
    """Read a path. As in TF Serving, an empty path means no path: compose files carry `--flag=${UNSET}`."""
    try:
        return Path(local_path(text)) if text else None
    except ConfigError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def comma_separated(text: str) -> tuple[str, ...]:
    """Read words with commas between them."""
    return tuple(word for word in text.split(",") if word)


def channel_arguments(text: str) -> tuple[tuple[str, int | str], ...]:
    """Read `name=value,...`. As in TF Serving, a value that is a 32-bit number becomes an int."""
    arguments: list[tuple[str, int | str]] = []
    for argument in comma_separated(text):
        name, equals, value = argument.partition("=")
        if not name or not equals:
            raise argparse.ArgumentTypeError(f"{argument!r} is not name=value")
        is_number = value.removeprefix("-").isdecimal() and _INT32_MIN <= int(value) <= LARGEST_INT32
        arguments.append((name, int(value) if is_number else value))
    return tuple(arguments)
