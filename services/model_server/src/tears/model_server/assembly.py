"""The server put together as its flags say: what is built, in which order it starts, and in which it ends."""

from __future__ import annotations

import logging
from typing import Final

from tears.model_server.catalog import Catalog
from tears.model_server.config_file import ConfigFile
from tears.model_server.errors import UnavailableModelsError
from tears.model_server.flags import Flags
from tears.model_server.litert import litert_loader
from tears.model_server.model import Model
from tears.model_server.model_config import ModelSettings, config_of_one, read_config_file
from tears.model_server.server import Server
from tears.model_server.version_record import Retry
from tears.model_server.watcher import Watcher

logger = logging.getLogger(__name__)

MIN_RETRY_LOOK_SECONDS: Final = 0.1


class ModelServer:
    """A whole server; `start` once, `drain` once."""

    def __init__(self, flags: Flags) -> None:
        """Builds it; nothing listens and nothing is loaded yet.

        Raises:
            ConfigError: The file that names the models is bad.
        """
        self._flags = flags
        self._config = (
            read_config_file(flags.model_config_file)
            if flags.model_config_file
            else config_of_one(flags.model_name, flags.model_base_path)
        )
        self._load = litert_loader(interpreters=flags.tflite_interpreters, threads=flags.tflite_threads)
        self._retry = Retry(flags.max_num_load_retries, flags.load_retry_interval_seconds)
        self._catalog = Catalog(
            make_model=self._make_model,
            allow_labels_for_unavailable=flags.allow_version_labels_for_unavailable_models,
            num_load_threads=flags.num_load_threads,
        )
        self._server = Server(self._catalog)
        self._watchers = self._make_watchers()

    def start(self) -> None:
        """Listens, loads, then answers; blocks while models load.

        Raises:
            ListenError: Nobody can listen there.
            ModelServerError: The models cannot be as they are asked for.
        """
        # 1. Listen, so that a port that is taken is told at once and not after the models have been loaded.
        port = self._server.listen(f"[::]:{self._flags.port}")
        if self._flags.grpc_socket_path:
            self._server.listen(f"unix:{self._flags.grpc_socket_path}")
        # 2. Load: whoever asks too early is kept waiting, not told that there is no such model.
        try:
            self._catalog.reload(self._config)
        except UnavailableModelsError as error:
            logger.warning("%s; waiting for what is missing", error)
        # 3. Answer, and look for changes.
        self._server.start()
        for watcher in self._watchers:
            watcher.start()
        names = ", ".join(model.name for model in self._catalog.models) or "none"
        logger.info("gRPC on port %d, models: %s", port, names)

    def drain(self) -> None:
        """Ends it; blocks until what is in flight is answered."""
        # 1. Answer what has come, and refuse what comes now.
        self._server.drain()
        # 2. Load nothing more: it would be thrown away.
        for watcher in self._watchers:
            watcher.stop()
        # 3. Give the memory back.
        self._catalog.close()

    def _make_model(self, settings: ModelSettings) -> Model:
        return Model(settings.name, settings.base_path, self._load, policy=settings.policy, retry=self._retry)

    def _make_watchers(self) -> list[Watcher]:
        flags = self._flags
        if flags.poll_wait_seconds:
            watchers = [Watcher("the versions", self._catalog.poll, interval_seconds=flags.poll_wait_seconds)]
        else:  # what would not load is tried again all the same
            interval_seconds = max(flags.load_retry_interval_seconds, MIN_RETRY_LOOK_SECONDS)
            watchers = [Watcher("what would not load", self._catalog.retry, interval_seconds=interval_seconds)]
        if flags.model_config_file and flags.model_config_file_poll_wait_seconds:
            look = ConfigFile(flags.model_config_file, self._catalog).look
            interval_seconds = flags.model_config_file_poll_wait_seconds
            watchers.append(Watcher(str(flags.model_config_file), look, interval_seconds=interval_seconds))
        return watchers
