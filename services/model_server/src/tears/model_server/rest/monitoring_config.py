"""The path of the metrics, from a file with a MonitoringConfig."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from tears.model_server.config_text import read_config_text
from tears.model_server.errors import ConfigError
from tears.model_server.metrics import DEFAULT_PATH
from tears.tfserving.v1.monitoring_pb2 import MonitoringConfig

MAX_MONITORING_CONFIG_BYTES: Final = 64 * 1024


def metrics_path(file: Path | None) -> str | None:
    """Return the path of the metrics on the REST port; None if they are to be hidden.

    TF Serving shows them only with a file that enables them. Here they are shown without a file too: a client that
    reaches the REST port may run the models, and to see how often they run is less than that.

    Raises:
        ConfigError: The file cannot be read or parsed, or its path is invalid; the message names the file.
    """
    if file is None:
        return DEFAULT_PATH
    config = read_config_text(file, MonitoringConfig(), limit_bytes=MAX_MONITORING_CONFIG_BYTES).prometheus_config
    if not config.enable:
        return None
    path = config.path or DEFAULT_PATH
    if not path.startswith("/"):
        raise ConfigError(f"{file}: prometheus_config.path is {path!r}; it must begin with a slash")
    return path
