"""The settings of the gRPC server, from the command line."""

from __future__ import annotations

from tears.model_server.command.server_flags import ServerFlags
from tears.model_server.grpc.server import ServerOptions
from tears.model_server.grpc.tls import server_credentials


def server_options(flags: ServerFlags) -> ServerOptions:
    """Return the options that `flags` ask for; reads the file with the certificates.

    Raises:
        TransportError: That file cannot be read, or lacks something.
    """
    return ServerOptions(
        channel_arguments=flags.grpc_channel_arguments,
        credentials=server_credentials(flags.ssl_config_file) if flags.ssl_config_file else None,
    )
