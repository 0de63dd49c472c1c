"""Where Prometheus looks, by a MonitoringConfig out of a file."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from google.protobuf import text_format

from tears.model_server.errors import ConfigError
from tears.model_server.metrics import DEFAULT_PATH
from tears.tfserving.v1.monitoring_pb2 import MonitoringConfig

MAX_CONFIG_BYTES: Final = 64 * 1024


def metrics_path(file: Path | None) -> str | None:
    """The path of the metrics on the REST port; None where they are not to be shown.

    TF Serving shows none without a file that enables them. Here they are shown without a file too: whoever opens the
    REST port lets everybody who reaches it run the models, and that is more than to count how often they do.

    Raises:
        ConfigError: The file cannot be read or parsed, or its path is none; the message names it.
    """
    if file is None:
        return DEFAULT_PATH
    try:
        with file.open("rb") as opened:
            content = opened.read(MAX_CONFIG_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror}") from error
    if len(content) > MAX_CONFIG_BYTES:
        raise ConfigError(f"{file} has more than {MAX_CONFIG_BYTES} bytes, which no MonitoringConfig has")
    try:
        config = text_format.Parse(content, MonitoringConfig()).prometheus_config
    except (text_format.ParseError, UnicodeDecodeError) as error:
        cause = " ".join(str(error).split())
        raise ConfigError(f"Error parsing text-format tensorflow.serving.MonitoringConfig: {file}:{cause}") from error
    if not config.enable:
        return None
    path = config.path or DEFAULT_PATH
    if not path.startswith("/"):
        raise ConfigError(f"{file}: prometheus_config.path is {path!r}; it has to begin with a slash")
    return path
