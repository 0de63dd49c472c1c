"""Connect to a model server. The only module here that needs grpc when it runs."""

from collections.abc import Sequence

import grpc

# gRPC would send what goes to our own server to the proxy that http_proxy names, which is meant for the internet.
_DIRECT = ("grpc.enable_http_proxy", 0)
# By default gRPC waits a second before it tries a second time, and a server that is just starting needs less.
_FIRST_RECONNECT = ("grpc.initial_reconnect_backoff_ms", 100)


def direct_channel(address: str, options: Sequence[tuple[str, int | str]] = ()) -> grpc.Channel:
    """Return an unencrypted channel to `HOST:PORT` or `unix:PATH` that uses no proxy; it connects at its first call."""
    return grpc.insecure_channel(address, [_DIRECT, _FIRST_RECONNECT, *options])
