"""Logs: one line for each event; JSON unless a terminal shows them."""

import logging
import sys

from pythonjsonlogger.json import JsonFormatter


def set_up_logs(service: str, level: str, log_format: str) -> None:
    """Send the root logger to standard error, with the service's name in every line.

    `log_format` is `json`, `text`, or `auto`: text on a terminal, else JSON.
    """
    formatter = logging.Formatter(f"%(asctime)s {service}: %(levelname)s %(message)s", "%H:%M:%S")
    if log_format == "json" or (log_format == "auto" and not sys.stderr.isatty()):
        formatter = JsonFormatter(
            "%(levelname)s %(name)s %(message)s",
            timestamp="time",  # ISO 8601, UTC
            rename_fields={"levelname": "level", "name": "logger"},
            static_fields={"service": service},
        )
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    logging.basicConfig(level=level, handlers=[handler], force=True)
