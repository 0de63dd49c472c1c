"""Logs: one line for each event; JSON unless a terminal shows them."""

import logging
import sys

from pythonjsonlogger.json import JsonFormatter


def set_up_logs(service: str, level: str, log_format: str) -> None:
    """Send the root logger to standard error.

    Args:
        service: Its name is in every line.
        level: The least severe level that is printed.
        log_format: `json`, `text`, or `auto` (text on a terminal).
    """
    as_json = log_format == "json" or (log_format == "auto" and not sys.stderr.isatty())
    handler = logging.StreamHandler()
    if as_json:
        handler.setFormatter(
            JsonFormatter(
                "%(levelname)s %(name)s %(message)s",
                timestamp="time",  # ISO 8601, UTC
                rename_fields={"levelname": "level", "name": "logger"},
                static_fields={"service": service},
            )
        )
    else:
        handler.setFormatter(logging.Formatter(f"%(asctime)s {service}: %(levelname)s %(message)s", "%H:%M:%S"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
