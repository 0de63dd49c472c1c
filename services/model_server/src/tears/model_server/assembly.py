"""The server put together as its flags say: what is built, in which order it starts, and in which it ends."""

from __future__ import annotations

import logging
import threading
from typing import Final

from tears.model_server import memory
from tears.model_server.catalog.catalog import Catalog
from tears.model_server.catalog.config_file import ConfigFile
from tears.model_server.catalog.model import Model
from tears.model_server.catalog.model_config import ModelSettings, config_of_one, read_config_file
from tears.model_server.catalog.version_record import Retry
from tears.model_server.catalog.watcher import Watcher
from tears.model_server.command.server_flags import ServerFlags
from tears.model_server.dataplane.engine_metrics import CountedLoader
from tears.model_server.engines.saved_model import SessionOptions
from tears.model_server.engines.servable import Loader
from tears.model_server.engines.version_loader import EngineOptions, VersionLoader
from tears.model_server.errors import ConfigError, FailedPreconditionError, ModelServerError, UnavailableModelsError
from tears.model_server.grpc.server import DRAIN_SECONDS, Server
from tears.model_server.grpc.server_options import server_options
from tears.model_server.metrics import Metrics
from tears.model_server.rest.assembly import rest_server
from tears.model_server.warmup.replay import warmed

logger = logging.getLogger(__name__)

MIN_RETRY_LOOK_SECONDS: Final = 0.1
# How long the end waits for what is being loaded: it would be thrown away.
LOAD_GRACE_SECONDS: Final = 1.0
TIDY_SECONDS: Final = 1.0


class ModelServer:
    """A whole server; `listen` once, `load` once, `drain` once."""

    def __init__(self, flags: ServerFlags) -> None:
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
        self._load = make_loader(flags)
        self._metrics = Metrics()
        self._retry = Retry(flags.max_num_load_retries, flags.load_retry_interval_seconds)
        self._catalog = Catalog(
            make_model=self._make_model,
            allow_labels_for_unavailable=flags.allow_version_labels_for_unavailable_models,
            num_load_threads=flags.load_threads,
        )
        self._server = Server(self._catalog, self._metrics, server_options(flags))
        self._rest = rest_server(flags, self._catalog, self._server.admission, self._metrics)
        self._watchers = self._make_watchers()
        self._port = 0
        self._loaded = threading.Lock()  # between the end of loading and the beginning of the end
        self._is_loaded = self._is_ending = False

    def listen(self) -> None:
        """Opens the ports, so that one that is taken is told at once; health and states are answered from now on.

        Raises:
            ListenError: Nobody can listen there.
        """
        self._port = self._server.listen(f"[::]:{self._flags.port}")
        if self._flags.grpc_socket_path:
            self._server.listen(f"unix:{self._flags.grpc_socket_path}")
        if self._rest:  # the probes answer while models load
            logger.info("REST on port %d", self._rest.listen())
            self._rest.start()
        self._server.start(admits=False)

    def load(self) -> None:
        """Loads, then answers; blocks while models load. `drain` may be called meanwhile.

        Raises:
            ModelServerError: The models cannot be as they are asked for.
        """
        # 1. Load: whoever asks too early is kept waiting, not told that there is no such model.
        try:
            self._load_models()
        except ModelServerError:
            self._server.drain(0.0)
            raise
        # 2. Answer, and look for changes.
        with self._loaded:
            if self._is_ending:
                return
            self._is_loaded = True
            self._server.admit()
            if self._rest:
                self._rest.admit()
            for watcher in self._watchers:
                watcher.start()
        names = ", ".join(model.name for model in self._catalog.models) or "none"
        logger.info("gRPC on port %d, models: %s", self._port, names)

    def drain(self) -> bool:
        """Ends it; blocks until what is in flight is answered.

        Returns:
            Whether nothing is left to wait for. Otherwise a model is still being loaded, for nobody.
        """
        with self._loaded:
            self._is_ending = True
        # 1. Answer what has come, and refuse what comes now; the probes go on, and say so.
        if self._rest:
            self._rest.refuse()
        self._server.drain()
        if self._rest:
            self._rest.close(DRAIN_SECONDS)
        # 2. Load nothing more: it would be thrown away.
        is_idle = self._is_loaded
        for watcher in self._watchers:
            is_idle &= watcher.stop(LOAD_GRACE_SECONDS)
        # 3. Give the memory back.
        if is_idle:
            self._catalog.close()
        return is_idle

    def _load_models(self) -> None:
        try:
            self._catalog.reload(self._config)
        except UnavailableModelsError as error:
            logger.warning("%s; waiting for what is missing", error)
        except FailedPreconditionError as error:  # a label, since nothing is loaded yet
            raise ConfigError(f"{error}; --allow_version_labels_for_unavailable_models allows it") from error

    def _make_model(self, settings: ModelSettings) -> Model:
        load = CountedLoader(settings.name, self._load, self._metrics)
        return Model(settings.name, settings.base_path, load, policy=settings.policy, retry=self._retry)

    def _make_watchers(self) -> list[Watcher]:
        flags = self._flags
        if flags.file_system_poll_wait_seconds:
            watchers = [
                Watcher("the versions", self._catalog.poll, interval_seconds=flags.file_system_poll_wait_seconds)
            ]
        else:  # what would not load is tried again all the same
            interval_seconds = max(flags.load_retry_interval_seconds, MIN_RETRY_LOOK_SECONDS)
            watchers = [Watcher("what would not load", self._catalog.retry, interval_seconds=interval_seconds)]
        if flags.model_config_file and flags.model_config_file_poll_wait_seconds:
            look = ConfigFile(flags.model_config_file, self._catalog).look
            interval_seconds = flags.model_config_file_poll_wait_seconds
            watchers.append(Watcher(str(flags.model_config_file), look, interval_seconds=interval_seconds))
        watchers.append(Watcher("the memory", memory.tidy_up, interval_seconds=TIDY_SECONDS))
        return watchers


def make_loader(flags: ServerFlags) -> Loader:
    """Return the loader that the flags ask for: with or without batching, with or without warm-up.

    Raises:
        ConfigError: The file of batching parameters is bad.
    """
    session = SessionOptions(flags.saved_model_tags, flags.intra_op_threads, flags.inter_op_threads)
    options = EngineOptions(flags.interpreters, flags.tflite_threads, flags.prefer_tflite_model, session)
    wrap = None
    if flags.enable_batching:
        # Imported here to save memory when batching is off.
        from tears.model_server.batching.batched_servable import batching_wrapper  # noqa: PLC0415 - see above
        from tears.model_server.batching.batching_parameters import read_batching_file  # noqa: PLC0415 - likewise

        batching = read_batching_file(flags.batching_parameters_file)
        wrap = batching_wrapper(batching, per_model=flags.enable_per_model_batching_parameters)
    load = VersionLoader(options, wrap)
    return warmed(load, iterations=flags.warmup_iterations) if flags.enable_model_warmup else load
