"""The gRPC server: what it registers, where it listens, and how it ends."""

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import grpc
from grpc_health.v1 import health_pb2_grpc

from tears.model_server.command.server_flags import ServerFlags
from tears.model_server.dataplane.data_plane import DataPlane
from tears.model_server.errors import ListenError
from tears.model_server.grpc.handlers import make_handler
from tears.model_server.grpc.health_service import HealthService
from tears.model_server.grpc.receiving import MessageReceiver
from tears.model_server.grpc.reflection import MAX_REFLECTION_STREAMS, reflection_handlers
from tears.model_server.grpc.tls import server_credentials
from tears.model_server.grpc.unanswered_calls import UnansweredCalls
from tears.model_server.memory_limits import MIB, MemoryLimits
from tears.tfserving.methods import METHODS

logger = logging.getLogger(__name__)

MAX_MESSAGE_BYTES: Final = 64 * MIB
# For health, for questions about models, and for refusing requests above the limit.
SPARE_RPC_THREADS: Final = 4
SERVER_DRAIN_SECONDS: Final = 10.0

_MAX_RECEIVE_ARGUMENT: Final = "grpc.max_receive_message_length"
_UNLIMITED_MESSAGE_BYTES: Final = 2**31 - 1  # gRPC's own limit, for which it writes -1


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """The settings of the gRPC server."""

    # Handed to gRPC unchanged; they override ours.
    channel_arguments: tuple[tuple[str, int | str], ...] = ()
    # None: connections are not encrypted.
    credentials: grpc.ServerCredentials | None = None
    # The most bytes of one message, unless the channel arguments say otherwise, and of all that are arriving.
    max_message_bytes: int = MAX_MESSAGE_BYTES
    receiving_bytes: int = MemoryLimits().receiving_bytes


def server_options(
    flags: ServerFlags,
    max_message_bytes: int = MAX_MESSAGE_BYTES,
    receiving_bytes: int = MemoryLimits().receiving_bytes,
) -> ServerOptions:
    """Return the options that the flags ask for, and the bounds on messages; reads the file with the certificates.

    Raises:
        ConfigError: That file cannot be read, or lacks something.
    """
    credentials = server_credentials(flags.ssl_config_file) if flags.ssl_config_file else None
    return ServerOptions(flags.grpc_channel_arguments, credentials, max_message_bytes, receiving_bytes)


class Server:
    """TF Serving's PredictionService and ModelService, gRPC's health service and its reflection."""

    def __init__(self, data_plane: DataPlane, options: ServerOptions | None = None) -> None:
        """Listen nowhere yet. gRPC itself answers UNIMPLEMENTED to an RPC that is not registered here."""
        options = options or ServerOptions()
        self._data_plane = data_plane
        self._credentials = options.credentials
        self._calls = UnansweredCalls()
        self._health = HealthService()
        threads = data_plane.admission.limit + SPARE_RPC_THREADS + MAX_REFLECTION_STREAMS
        arguments: dict[str, int | str] = {
            _MAX_RECEIVE_ARGUMENT: options.max_message_bytes,
            "grpc.max_send_message_length": MAX_MESSAGE_BYTES,
            # A second server on the same port is a mistake and must fail, not silently take half of the requests.
            "grpc.so_reuseport": 0,
            **dict(options.channel_arguments),
        }
        self._server = grpc.server(
            ThreadPoolExecutor(threads, thread_name_prefix="rpc"), options=list(arguments.items())
        )
        max_message_bytes = _max_message_bytes(arguments)
        receiver = MessageReceiver(max_message_bytes, options.receiving_bytes)
        handlers = [
            make_handler(method, data_plane, self._calls, receiver, max_message_bytes=max_message_bytes)
            for method in METHODS
        ]
        self._server.add_generic_rpc_handlers([*handlers, *reflection_handlers()])
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        self._update_health()
        data_plane.catalog.subscribe(self._update_health)

    def listen(self, address: str) -> int:
        """Bind `host:port` or `unix:path`; return the port, which the system chooses if it is 0.

        Raises:
            ListenError: The port is taken, or the path cannot be written, or gRPC refuses the certificates.
        """
        try:
            if self._credentials:
                return self._server.add_secure_port(address, self._credentials)
            return self._server.add_insecure_port(address)
        except RuntimeError as error:
            cure = "; or the key and the certificate do not belong together" if self._credentials else ""
            raise ListenError(f"cannot listen on {address}: {error}{cure}") from error

    def start(self, *, admits: bool = True) -> None:
        """Answer from now on; does not block.

        Without `admits` only questions about health, states and the services themselves are answered. Other requests
        wait until `admit`, because it is not known yet which models there will be.
        """
        if admits:
            self.admit()
        self._server.start()

    def admit(self) -> None:
        """Answer all requests: the models have been loaded."""
        self._data_plane.gate.open()

    def refuse(self, grace_seconds: float = SERVER_DRAIN_SECONDS) -> None:
        """Refuse new requests; blocks until those in flight are answered, at most `grace_seconds`.

        The ports stay open: gRPC answers CANCELLED to a request that arrives while it closes them, and the retry
        policies of clients pass over that code. A process that ends with open ports answers UNAVAILABLE until then, and
        its clients see UNAVAILABLE afterwards.
        """
        # 1. Clients that watch the health go elsewhere first.
        self._health.drain()
        self._data_plane.gate.end()
        # 2. New requests are refused as UNAVAILABLE, which clients retry elsewhere or later.
        self._calls.close()
        # 3. Requests in flight get their replies. Clients that watch the health are not waited for: they never leave.
        if not self._calls.wait_until_answered(grace_seconds):
            logger.warning("requests without an answer after %g s; they are cut off", grace_seconds)

    def drain(self, grace_seconds: float = SERVER_DRAIN_SECONDS) -> None:
        """Call `refuse`, then close the ports and all connections, for a process that goes on."""
        self.refuse(grace_seconds)
        self._server.stop(0).wait()

    def _update_health(self) -> None:
        self._health.update({model.name: model.is_available for model in self._data_plane.catalog.models})


def _max_message_bytes(arguments: dict[str, int | str]) -> int:
    given = arguments[_MAX_RECEIVE_ARGUMENT]
    return given if isinstance(given, int) and given >= 0 else _UNLIMITED_MESSAGE_BYTES
