"""The gRPC server: what it registers, where it listens, and how it ends."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import grpc
from grpc_health.v1 import health_pb2_grpc

from tears.model_server.catalog.catalog import Catalog
from tears.model_server.dataplane.admission import Admission
from tears.model_server.dataplane.loading_gate import Gate
from tears.model_server.dataplane.operations import service_rpcs
from tears.model_server.errors import ListenError
from tears.model_server.grpc.handlers import Edge
from tears.model_server.grpc.health_service import Health
from tears.model_server.grpc.reflection import MAX_STREAMS, reflection_handlers
from tears.model_server.metrics import ServerMetrics

logger = logging.getLogger(__name__)

MAX_MESSAGE_BYTES: Final = 64 * 1024 * 1024
MAX_REQUESTS_IN_FLIGHT: Final = 64
SPARE_THREADS: Final = 4  # health, questions about models, and telling whoever comes over the limit so
DRAIN_SECONDS: Final = 10.0

_MAX_RECEIVE: Final = "grpc.max_receive_message_length"
_NO_LIMIT_BYTES: Final = 2**31 - 1  # gRPC's own, which it writes -1


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """What the command line says of the gRPC server."""

    # Handed to gRPC as they are; they win over ours.
    channel_arguments: tuple[tuple[str, int | str], ...] = ()
    # None: connections are not encrypted.
    credentials: grpc.ServerCredentials | None = None
    max_requests: int = MAX_REQUESTS_IN_FLIGHT
    # Whether Classify and Regress want a signature that was exported for them.
    checks_method_names: bool = False
    # Whether Predict replies with `tensor_content`, not with typed fields.
    replies_as_content: bool = False


class Server:
    """TF Serving's PredictionService and ModelService, gRPC's health service and its reflection."""

    def __init__(
        self, catalog: Catalog, metrics: ServerMetrics | None = None, options: ServerOptions | None = None
    ) -> None:
        """Listens nowhere yet. An RPC that is not registered here is answered UNIMPLEMENTED by gRPC itself."""
        options = options or ServerOptions()
        self._catalog = catalog
        self._credentials = options.credentials
        self.admission = Admission(options.max_requests)
        self._health = Health()
        threads = options.max_requests + SPARE_THREADS + MAX_STREAMS
        arguments = _channel_arguments(options)
        self._server = grpc.server(
            ThreadPoolExecutor(threads, thread_name_prefix="rpc"), options=list(arguments.items())
        )
        self._gate = Gate()
        edge = Edge(
            self.admission, self._gate, metrics or ServerMetrics(), max_message_bytes=_max_message_bytes(arguments)
        )
        rpcs = service_rpcs(
            catalog, checks_method_names=options.checks_method_names, replies_as_content=options.replies_as_content
        )
        self._server.add_generic_rpc_handlers([*(edge.handler(rpc) for rpc in rpcs), *reflection_handlers()])
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        self.tell_health()
        catalog.subscribe(self.tell_health)

    def listen(self, address: str) -> int:
        """Binds `host:port` or `unix:path`; returns the port, which the system chose where it was 0.

        Raises:
            ListenError: Nobody can listen there: the port is taken, the path cannot be written, or gRPC does not
                take the certificates.
        """
        try:
            if self._credentials:
                return self._server.add_secure_port(address, self._credentials)
            return self._server.add_insecure_port(address)
        except RuntimeError as error:
            cure = "; or the key and the certificate do not belong together" if self._credentials else ""
            raise ListenError(f"cannot listen on {address}: {error}{cure}") from error

    def start(self, *, admits: bool = True) -> None:
        """Answers from now on; does not block.

        Args:
            admits: Whether everything, or only what is asked about health, states and the services themselves. The
                rest is kept waiting until `admit`: there is no telling yet which models there will be.
        """
        if admits:
            self._gate.open()
        self._server.start()

    def admit(self) -> None:
        """Answers the rest as well: the models have been loaded."""
        self._gate.open()

    def tell_health(self) -> None:
        """Brings the health service in line with the models."""
        self._health.tell({model.name: model.is_available for model in self._catalog.models})

    def drain(self, grace_seconds: float = DRAIN_SECONDS) -> None:
        """Ends the service; blocks until what is in flight is answered, at most `grace_seconds`."""
        # 1. Whoever watches the health turns away first.
        self._health.drain()
        self._gate.end()
        # 2. New requests are refused, as UNAVAILABLE, which clients retry elsewhere or later. gRPC's own grace ends
        #    later than ours, or it would be chance which of the two cuts off what hangs.
        stopped = self._server.stop(grace_seconds + 1.0)
        # 3. Requests in flight get their replies. Whoever watches the health is not waited for: they never leave.
        if not self.admission.wait_until_answered(grace_seconds):
            logger.warning("requests without an answer after %g s; they are cut off", grace_seconds)
        # 4. The rest is cut.
        self._server.stop(0)
        stopped.wait()


def _channel_arguments(options: ServerOptions) -> dict[str, int | str]:
    return {
        _MAX_RECEIVE: MAX_MESSAGE_BYTES,
        "grpc.max_send_message_length": MAX_MESSAGE_BYTES,
        # A second server on the same port is a mistake that should be told, not half of the requests.
        "grpc.so_reuseport": 0,
        **dict(options.channel_arguments),
    }


def _max_message_bytes(arguments: dict[str, int | str]) -> int:
    given = arguments[_MAX_RECEIVE]
    return given if isinstance(given, int) and given >= 0 else _NO_LIMIT_BYTES
