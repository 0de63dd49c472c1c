"""Build the server of the REST port from the flags."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tears.kit.clock import SystemClock
from tears.model_server.command.server_flags import ServerFlags
from tears.model_server.config_text import read_config_text
from tears.model_server.dataplane.data_plane import DataPlane
from tears.model_server.errors import ConfigError
from tears.model_server.metrics import DEFAULT_PATH
from tears.tfserving.v1.monitoring_pb2 import MonitoringConfig

if TYPE_CHECKING:
    from tears.model_server.rest.http_server import RestServer

logger = logging.getLogger(__name__)

ANY_PORT: Final = -1
MAX_MONITORING_CONFIG_BYTES: Final = 64 * 1024


def rest_server(flags: ServerFlags, data_plane: DataPlane, *, bodies_bytes: int) -> RestServer | None:
    """Return the server of the REST port, with all that it needs; None if there is to be none.

    All bodies together may have `bodies_bytes`.

    Raises:
        ConfigError: The file that says where Prometheus looks is bad.
    """
    path = metrics_path(flags.monitoring_config_file)
    if not flags.rest_api_port:
        if flags.monitoring_config_file:
            logger.warning(
                "--monitoring_config_file: metrics are shown on the REST port; --rest_api_port=8501 opens it"
            )
        return None
    # 3 MiB that a server without REST does not need.
    from tears.model_server.rest.application import Application  # noqa: PLC0415 - see above
    from tears.model_server.rest.http_server import RestServer  # noqa: PLC0415 - likewise
    from tears.model_server.rest.probes import Probes  # noqa: PLC0415 - likewise

    catalog, metrics = data_plane.catalog, data_plane.metrics
    catalog.subscribe(
        lambda: metrics.set_versions({model.name: max(model.available(), default=0) for model in catalog.models})
    )
    # If nobody looks for new versions, a version that could not be loaded is tried again at this interval.
    interval_seconds = flags.file_system_poll_wait_seconds or flags.load_retry_interval_seconds
    probes = Probes(catalog, SystemClock(), interval_seconds=interval_seconds)
    application = Application(
        data_plane,
        alive=probes.alive,
        ready=probes.ready,
        metrics_path=path,
        timeout_seconds=flags.rest_api_timeout_seconds,
        allows_other_origins=flags.rest_api_enable_cors_support,
    )
    port = 0 if flags.rest_api_port == ANY_PORT else flags.rest_api_port
    return RestServer(
        application, port, threads=flags.rest_api_num_threads, bodies_bytes=bodies_bytes, listen=flags.listen_address
    )


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
