"""Build the server that the flags ask for, start it in order and end it in order."""

import logging
import threading
import time
from concurrent.futures import Future
from pathlib import Path
from typing import Final

from tears.kit.network.listening import FAIL, available_hosts
from tears.model_server import request_memory
from tears.model_server.catalog.catalog import Catalog
from tears.model_server.catalog.config_file import ConfigFile
from tears.model_server.catalog.load_journal import LoadJournal
from tears.model_server.catalog.model import Model
from tears.model_server.catalog.model_config import ServedModelSettings, config_of_one, read_config_file
from tears.model_server.catalog.version_record import RetryPolicy
from tears.model_server.catalog.watcher import Watcher
from tears.model_server.command.server_flags import ServerFlags
from tears.model_server.dataplane.data_plane import DataPlane
from tears.model_server.dataplane.engine_metrics import CountedLoader
from tears.model_server.engines.saved_model import SessionOptions
from tears.model_server.engines.servable import Loader
from tears.model_server.engines.version_loader import VersionLoader
from tears.model_server.errors import ListenError, ModelServerError, UnavailableModelsError
from tears.model_server.grpc.server import SERVER_DRAIN_SECONDS, Server, server_options
from tears.model_server.memory_limits import available_memory_bytes, limits_for
from tears.model_server.message_limit import largest_message_bytes, warn_about_large_requests
from tears.model_server.metrics import ServerMetrics
from tears.model_server.rest.assembly import rest_server
from tears.model_server.warmup.replay import warmed

logger = logging.getLogger(__name__)

MIN_RETRY_CHECK_SECONDS: Final = 0.1
# How long `drain` waits for a model that is being loaded, and that nobody will use.
LOAD_GRACE_SECONDS: Final = 1.0
# For how long at least a server that ends still answers, with a refusal: clients learn from it to go elsewhere.
LAME_DUCK_SECONDS: Final = 0.5
MEMORY_CHECK_SECONDS: Final = 1.0


class ModelServer:
    """The whole server; call `listen`, `start_loading` and `drain` once each."""

    def __init__(self, flags: ServerFlags) -> None:
        """Build the server; nothing listens and nothing is loaded yet.

        Raises:
            ConfigError: A file that configures the server is bad.
        """
        self._flags = flags
        self._config = (
            read_config_file(flags.model_config_file)
            if flags.model_config_file
            else config_of_one(flags.model_name, flags.model_base_path)
        )
        limits = limits_for(available_memory_bytes())
        message_bytes = largest_message_bytes(self._config, limits.message_bytes)
        self._load_version = warn_about_large_requests(make_loader(flags), message_bytes)
        self._metrics = ServerMetrics()
        self._retry = RetryPolicy(flags.max_num_load_retries, flags.load_retry_interval_seconds)
        self._journal = LoadJournal()
        self._catalog = Catalog(
            make_model=self._make_model,
            allow_labels_for_unavailable=flags.allow_version_labels_for_unavailable_models,
            num_load_threads=flags.num_load_threads,
        )
        self._data_plane = DataPlane(
            self._catalog,
            self._metrics,
            max_requests=flags.grpc_max_threads,
            max_bytes=limits.in_flight_bytes,
            checks_method_names=flags.enable_signature_method_name_check,
            replies_as_content=flags.enable_serialization_as_tensor_content,
            allows_reload=flags.allow_reload_config_request,
        )
        self._server = Server(self._data_plane, server_options(flags, message_bytes, limits.receiving_bytes))
        self._rest = rest_server(flags, self._data_plane, bodies_bytes=limits.bodies_bytes)
        self._watchers = self._make_watchers()
        self._port = 0
        self._socket_inode = 0
        # Held where loading ends and where draining begins, so that only one of them comes first.
        self._phase_lock = threading.Lock()
        self._is_loaded = self._is_ending = False

    def listen(self) -> None:
        """Open the ports first, so that a port in use is an error at once; answer health and states from now on.

        Raises:
            ListenError: The server cannot listen there.
        """
        first, *others = available_hosts(self._flags.listen_address)
        self._port = self._listen_on(first, self._flags.port, self._flags.port_if_taken)
        for host in others:
            self._listen_on(host, self._port)
        if self._flags.grpc_socket_path:
            self._server.listen(f"unix:{self._flags.grpc_socket_path}")
            self._socket_inode = Path(self._flags.grpc_socket_path).stat().st_ino
        if self._rest:  # the probes answer while models load
            logger.info("REST on port %d", self._rest.listen())
            self._rest.start()
        self._server.start(admits=False)

    def _listen_on(self, host: str, port: int, if_taken: str = FAIL) -> int:
        """Open a gRPC port, or any other one if it is taken and that will do, and return it; raise ListenError."""
        named = f"[{host}]" if ":" in host else host
        try:
            return self._server.listen(f"{named}:{port}")
        except ListenError:
            if if_taken == FAIL:
                raise
            return self._server.listen(f"{named}:0")

    def start_loading(self, failed: threading.Event) -> Future[None]:
        """Call `load` in a thread of its own, so that a signal need not wait for it; set `failed` if it fails.

        Returns:
            The outcome: done when loading has ended, with the error if it failed.
        """
        outcome: Future[None] = Future()

        def load() -> None:
            try:
                self.load()
                outcome.set_result(None)
            except BaseException as error:  # noqa: BLE001 - the caller raises it in the main thread
                outcome.set_exception(error)
                failed.set()

        threading.Thread(target=load, name="load", daemon=True).start()
        return outcome

    def load(self) -> None:
        """Load the models, then answer requests; blocks while models load. `drain` may be called meanwhile.

        Raises:
            ModelServerError: The models cannot be served as the configuration asks.
        """
        # 1. Load. A request that comes too early waits: NOT_FOUND would be wrong.
        try:
            self._catalog.reload(self._config, labels_may_wait=True)
        except UnavailableModelsError as error:
            logger.warning("%s; waiting for what is missing", error)
        except ModelServerError:
            self._server.drain(0.0)
            raise
        # 2. Answer, and look for changes.
        with self._phase_lock:
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

    def drain(self) -> None:
        """Bring the server to the point where the process may end; blocks until the requests in flight are answered.

        The gRPC ports refuse requests as UNAVAILABLE until the process ends: see `Server.refuse`.
        """
        began_seconds = time.monotonic()
        with self._phase_lock:
            self._is_ending = True
        # 1. Answer the requests that have come and refuse new ones; the probes still answer, and report the end.
        if self._rest:
            self._rest.refuse()
        self._server.refuse()
        time.sleep(max(0.0, began_seconds + LAME_DUCK_SECONDS - time.monotonic()))
        if self._rest:
            self._rest.close(SERVER_DRAIN_SECONDS)
        # 2. Load nothing more, because nobody would use it.
        is_idle = self._is_loaded
        for watcher in self._watchers:
            is_idle &= watcher.stop(LOAD_GRACE_SECONDS)
        # 3. Free the models' memory.
        if is_idle:
            self._catalog.close()
        self._journal.close()
        self._remove_socket()

    def _remove_socket(self) -> None:
        """Remove the Unix socket, unless another server listens on that path by now."""
        path = Path(self._flags.grpc_socket_path)
        try:
            if self._socket_inode and path.stat().st_ino == self._socket_inode:
                path.unlink()
        except OSError as error:
            logger.info("%s cannot be removed: %s", path, error.strerror)

    def _make_model(self, settings: ServedModelSettings) -> Model:
        load = CountedLoader(settings.name, self._load_version, self._metrics)
        return Model(
            settings.name, settings.base_path, load, policy=settings.policy, retry=self._retry, journal=self._journal
        )

    def _make_watchers(self) -> list[Watcher]:
        flags = self._flags
        if poll_seconds := flags.file_system_poll_wait_seconds:
            watchers = [Watcher("the versions", self._catalog.poll, interval_seconds=poll_seconds)]
        else:  # versions that failed to load are retried even if nobody looks for new ones
            retry_seconds = max(flags.load_retry_interval_seconds, MIN_RETRY_CHECK_SECONDS)
            watchers = [Watcher("versions to retry", self._catalog.retry, interval_seconds=retry_seconds)]
        path, config_seconds = flags.model_config_file, flags.model_config_file_poll_wait_seconds
        if path and config_seconds:
            apply = ConfigFile(path, self._catalog).apply
            watchers.append(Watcher(str(path), apply, interval_seconds=config_seconds))
        watchers.append(Watcher("the memory", request_memory.release_if_due, interval_seconds=MEMORY_CHECK_SECONDS))
        return watchers


def make_loader(flags: ServerFlags) -> Loader:
    """Return the loader that the flags ask for: with or without batching, with or without warm-up.

    Raises:
        ConfigError: The file of batching parameters is bad.
    """
    session = SessionOptions(flags.saved_model_tags, *flags.op_threads)
    load: Loader = VersionLoader(flags.interpreters, flags.tflite_threads, flags.prefer_tflite_model, session)
    if flags.enable_batching:
        # Imported here to save memory when batching is off.
        from tears.model_server.batching.batched_servable import batched  # noqa: PLC0415 - see above
        from tears.model_server.batching.batching_parameters import read_batching_file  # noqa: PLC0415 - likewise

        options = read_batching_file(flags.batching_parameters_file)
        load = batched(load, options, per_model=flags.enable_per_model_batching_parameters)
    return warmed(load, iterations=flags.num_request_iterations_for_warmup) if flags.enable_model_warmup else load
