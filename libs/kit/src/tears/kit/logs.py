"""Logs: one line for each event; JSON unless a terminal shows them. What looks like a password is never printed."""

import logging
import re
import sys
import traceback
from types import TracebackType
from typing import Any

from pythonjsonlogger.json import JsonFormatter

from tears.kit.secrets_in_text import without_passwords

# Those of ASCII and of Latin-1, the line ends of Unicode, and what reverses the direction of text.
_CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def _escaped(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode()


class _TextFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        """Return the line, and a traceback if there is one, without passwords."""
        return without_passwords(super().format(record))

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the name is logging's
        """Return the line without its traceback. A name from elsewhere must not add lines or colours of its own."""
        return _CONTROL_CHARACTERS.sub(_escaped, super().formatMessage(record))


class _JsonLineFormatter(JsonFormatter):
    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        """Return the fields of a line without passwords."""
        fields = super().process_log_record(log_data)
        return {name: without_passwords(one) if isinstance(one, str) else one for name, one in fields.items()}


def set_up_logs(service: str, level: str, log_format: str) -> None:
    """Send the root logger to standard error, with the service's name in every line.

    `log_format` is `json`, `text`, or `auto`: text on a terminal, else JSON. From now on Python also prints the error
    that ends the process without passwords.
    """
    formatter: logging.Formatter = _TextFormatter(f"%(asctime)s {service}: %(levelname)s %(message)s", "%H:%M:%S")
    if log_format == "json" or (log_format == "auto" and not sys.stderr.isatty()):
        formatter = _JsonLineFormatter(
            "%(levelname)s %(name)s %(message)s",
            timestamp="time",  # ISO 8601, UTC
            rename_fields={"levelname": "level", "name": "logger"},
            static_fields={"service": service},
        )
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    logging.basicConfig(level=level, handlers=[handler], force=True)
    sys.excepthook = _print_without_passwords


def _print_without_passwords(kind: type[BaseException], error: BaseException, where: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, where)
        return
    sys.stderr.write(without_passwords("".join(traceback.format_exception(kind, error, where))))
