"""The settings of the gRPC server, from the flags."""

from tears.model_server.command.parser import parse_flags
from tears.model_server.grpc.server import ServerOptions, server_options


def test_without_flags_the_options_are_the_defaults() -> None:
    assert server_options(parse_flags([], {})) == ServerOptions()


def test_the_channel_arguments_reach_grpc() -> None:
    flags = parse_flags(["--grpc_channel_arguments=grpc.max_connection_age_ms=2000,grpc.lb_policy_name=grpclb"], {})
    arguments = (("grpc.max_connection_age_ms", 2000), ("grpc.lb_policy_name", "grpclb"))
    assert server_options(flags) == ServerOptions(channel_arguments=arguments)
