"""Where Prometheus looks, by a MonitoringConfig out of a file."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from tears.model_server.config_text import read_config_text
from tears.model_server.errors import ConfigError
from tears.model_server.metrics import DEFAULT_PATH
from tears.tfserving.v1.monitoring_pb2 import MonitoringConfig

MAX_MONITORING_CONFIG_BYTES: Final = 64 * 1024


def metrics_path(file: Path | None) -> str | None:
    """The path of the metrics on the REST port; None where they are not to be shown.

    TF Serving shows none without a file that enables them. Here they are shown without a file too: whoever opens the
    REST port lets everybody who reaches it run the models, and that is more than to count how often they do.

    Raises:
        ConfigError: The file cannot be read or parsed, or its path is none; the message names it.
    """
    if file is None:
        return DEFAULT_PATH
    config = read_config_text(file, MonitoringConfig(), limit_bytes=MAX_MONITORING_CONFIG_BYTES).prometheus_config
    if not config.enable:
        return None
    path = config.path or DEFAULT_PATH
    if not path.startswith("/"):
        raise ConfigError(f"{file}: prometheus_config.path is {path!r}; it has to begin with a slash")
    return path
