"""What the command line says of the gRPC server."""

from __future__ import annotations

from tears.model_server.command.server_flags import ServerFlags
from tears.model_server.grpc.server import ServerOptions
from tears.model_server.grpc.tls import server_credentials


def server_options(flags: ServerFlags) -> ServerOptions:
    """The options that `flags` ask for; reads the file with the certificates.

    Raises:
        TransportError: That file cannot be read, or lacks something.
    """
    return ServerOptions(
        channel_arguments=flags.grpc_channel_arguments,
        credentials=server_credentials(flags.ssl_config_file) if flags.ssl_config_file else None,
        max_requests=flags.grpc_max_threads,
        checks_method_names=flags.enable_signature_method_name_check,
        replies_as_content=flags.enable_serialization_as_tensor_content,
    )
