"""A gRPC server that does nothing with what it gets: `python -m bench.floor.echo_server SOCKET`.

It prints "ready" when it can be asked, and ends with its standard input.
"""

import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import grpc

ECHO_METHOD: Final = "/bench.Echo/Answer"
# About as long as the scores of a window.
_ANSWER: Final = bytes(100)


class _EchoHandler(grpc.GenericRpcHandler):
    """Answers each request, whatever method it names, without parsing it."""

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> "grpc.RpcMethodHandler[bytes, bytes]":  # noqa: ARG002 - as gRPC asks
        return grpc.unary_unary_rpc_method_handler(lambda _request, _context: _ANSWER)


def main() -> None:
    """Serve until standard input ends."""
    server = grpc.server(ThreadPoolExecutor(1), handlers=[_EchoHandler()])
    server.add_insecure_port(f"unix:{sys.argv[1]}")
    server.start()
    print("ready", flush=True)
    sys.stdin.read()
    server.stop(None)


if __name__ == "__main__":
    main()
