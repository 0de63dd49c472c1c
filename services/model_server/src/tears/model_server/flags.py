"""The command line: TF Serving's flags, as far as they mean something here, and a few of our own."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Final, NoReturn

PROGRAM: Final = "tears-model-server"
DEFAULT_MODEL_NAME: Final = "model"
DEFAULT_MODELS_FOLDER: Final = "/models"


@dataclass(frozen=True, slots=True)
class Flags:
    """What the server was told on its command line."""

    port: int
    grpc_socket_path: str
    model_name: str
    model_base_path: Path
    poll_wait_seconds: float
    max_num_load_retries: int
    load_retry_interval_seconds: float
    tflite_interpreters: int
    tflite_threads: int


def parse_flags(arguments: Sequence[str], environ: Mapping[str, str]) -> Flags:
    """Reads `--flag=value` and `--flag value`.

    Args:
        arguments: Without the program's name.
        environ: `MODEL_NAME` and `MODEL_BASE_PATH`, the folder of all models, are defaults as in TF Serving's image.

    Raises:
        SystemExit: 2 after one line on standard error, when a flag is unknown or has a wrong value; 0 after
            `--version` or `--help`.
    """
    parser = _parser(environ)
    parsed, rest = parser.parse_known_args(arguments)
    if rest:
        known = ", ".join(sorted(option for option in parser._option_string_actions if option.startswith("--")))  # noqa: SLF001 - argparse offers no other list of its flags
        parser.error(f"unknown flag {rest[0].partition('=')[0]}; the known ones are {known}")
    models_folder = environ.get("MODEL_BASE_PATH") or DEFAULT_MODELS_FOLDER
    return Flags(
        port=parsed.port,
        grpc_socket_path=parsed.grpc_socket_path,
        model_name=parsed.model_name,
        model_base_path=parsed.model_base_path or Path(models_folder, parsed.model_name),
        poll_wait_seconds=parsed.file_system_poll_wait_seconds,
        max_num_load_retries=parsed.max_num_load_retries,
        load_retry_interval_seconds=parsed.load_retry_interval_micros / 1e6,
        tflite_interpreters=parsed.tflite_interpreters,
        tflite_threads=parsed.tflite_threads,
    )


class _Parser(argparse.ArgumentParser):
    """Tells an error in one line; argparse would print the whole usage before it."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{PROGRAM}: {message}\n")


def _parser(environ: Mapping[str, str]) -> argparse.ArgumentParser:
    parser = _Parser(
        prog=PROGRAM,
        description="Serves a model by TF Serving's gRPC API on LiteRT.",
        allow_abbrev=False,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    port = _whole_number(0, 65535)
    count = _whole_number(1, 64)
    many = _whole_number(0, 2**53)
    add = parser.add_argument
    add("--port", type=port, default=8500, help="gRPC port; 0 is any free one, told in the log")
    add("--grpc_socket_path", default="", help="a Unix socket to listen on as well")
    add("--model_name", type=_name, default=environ.get("MODEL_NAME") or DEFAULT_MODEL_NAME, help="env MODEL_NAME")
    add("--model_base_path", type=Path, help="folder of the model's versions; ${MODEL_BASE_PATH}/<model_name> if unset")
    add("--file_system_poll_wait_seconds", type=_seconds, default=1.0, help="0 looks for versions once, at start")
    add("--max_num_load_retries", type=many, default=5, help="of a version whose files stay as they are")
    add("--load_retry_interval_micros", type=many, default=60_000_000, help="between two such tries")
    add("--tflite_interpreters", type=count, default=2, help="requests that run at once")
    add("--tflite_threads", type=count, default=1, help="of each interpreter")
    add("--version", action="version", version=_versions(), help="prints the versions and exits")
    return parser


def _versions() -> str:
    return f"{PROGRAM} {metadata.version(PROGRAM)}, LiteRT {metadata.version('ai-edge-litert')}"


def _name(text: str) -> str:
    if not text:
        raise argparse.ArgumentTypeError("a model needs a name")
    return text


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds <= 86_400:  # noqa: PLR2004 - a day
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 86400 seconds")
    return seconds


def _whole_number(low: int, high: int) -> argparse._ActionType:
    """An argparse type that accepts low..high."""

    def whole_number(text: str) -> int:
        number = int(text)
        if not low <= number <= high:
            raise argparse.ArgumentTypeError(f"{text} is not between {low} and {high}")
        return number

    whole_number.__name__ = "whole number"
    return whole_number
