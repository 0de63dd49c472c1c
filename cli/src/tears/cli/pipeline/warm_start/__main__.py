"""The service host: imports what all services need, once, and becomes a service in each fork of itself."""

import importlib
import socket
from typing import Final

from tears.cli.pipeline.warm_start.fork_server import ForkServer
from tears.kit.memory import heap

# Libraries that several services import. None of them leaves a thread running, which a fork would not have.
SHARED_LIBRARIES: Final = (
    "google.protobuf.internal.builder",
    "google.protobuf.timestamp_pb2",
    "grpc",
    "msgspec",
    "numpy.typing",
    "prometheus_client",
    "pythonjsonlogger.json",
    "redis",
)


def main() -> None:
    """Start services until nobody can ask for one; in a fork, run the service instead."""
    for library in SHARED_LIBRARIES:
        importlib.import_module(library)
    heap.release_free_memory()
    # A collection writes to every object that it looks at, and a page that is written to is no longer shared.
    heap.exclude_imports_from_collection()
    request = ForkServer(socket.socket(fileno=0)).serve()
    if request is not None:
        request.run()


if __name__ == "__main__":
    main()
