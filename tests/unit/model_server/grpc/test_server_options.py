"""What the flags say of the gRPC server."""

from __future__ import annotations

from tears.model_server.command.parser import parse_flags
from tears.model_server.grpc.server import ServerOptions
from tears.model_server.grpc.server_options import server_options


def test_without_flags_the_server_is_as_it_is() -> None:
    assert server_options(parse_flags([], {})) == ServerOptions()


def test_each_flag_has_its_option() -> None:
    flags = parse_flags(
        [
            "--grpc_channel_arguments=grpc.max_connection_age_ms=2000,grpc.lb_policy_name=grpclb",
            "--grpc_max_threads=3",
            "--enable_signature_method_name_check",
            "--enable_serialization_as_tensor_content=true",
        ],
        {},
    )
    assert server_options(flags) == ServerOptions(
        channel_arguments=(("grpc.max_connection_age_ms", 2000), ("grpc.lb_policy_name", "grpclb")),
        max_requests=3,
        checks_method_names=True,
        replies_as_content=True,
    )
