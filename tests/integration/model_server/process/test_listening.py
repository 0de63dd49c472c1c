"""The machines that reach the ports of the model server."""

import socket
import urllib.error
import urllib.request
from pathlib import Path

import grpc
import pytest
from integration.model_server.served import port_of
from support.places import SHIPPED_VERSION
from support.processes.service_process import ServiceProcess

from tears.tfserving.channels import direct_channel
from tears.tfserving.methods import GET_MODEL_STATUS
from tears.tfserving.v1 import status_pb2

# Reaches what listens everywhere, as another machine of the network does, and not what listens on 127.0.0.1.
HOSTS = ("127.0.0.1", "[::1]", "127.0.0.2")
HERE = ["127.0.0.1", "[::1]"]


def answers_grpc(host: str, port: int) -> bool:
    with direct_channel(f"{host}:{port}") as channel:
        request = status_pb2.GetModelStatusRequest(model_spec={"name": "cry"})
        try:
            GET_MODEL_STATUS.on(channel)(request, timeout=60)
        except grpc.RpcError as error:
            return error.code() is not grpc.StatusCode.UNAVAILABLE
        return True


def answers_rest(host: str, port: int) -> bool:
    try:
        urllib.request.urlopen(f"http://{host}:{port}/v1/models/cry", timeout=60).close()
    except urllib.error.HTTPError as error:
        error.close()
    except OSError:
        return False
    return True


def test_a_server_whose_port_is_taken_takes_another_if_it_may(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        arguments = [f"--port={port}", "--model_name=cry", f"--model_base_path={SHIPPED_VERSION.parent}"]
        with ServiceProcess(
            "tears.model_server", {}, tmp_path / "log", arguments=[*arguments, "--port_if_taken=any"]
        ) as process:
            assert port_of(process) not in {0, port}
            assert [host for host in HOSTS if answers_grpc(host, port_of(process))] == HERE
        with ServiceProcess("tears.model_server", {}, tmp_path / "log", arguments=arguments) as process:
            assert process.wait_for_exit() == 1


@pytest.mark.parametrize(
    ("flags", "environ", "reached"),
    [
        ([], {}, HERE),
        (["--listen_address=all"], {}, list(HOSTS)),
        ([], {"TEARS_LISTEN": "all"}, list(HOSTS)),
        (["--listen_address=loopback"], {"TEARS_LISTEN": "all"}, HERE),
    ],
)
def test_the_ports_are_on_this_machine_unless_a_flag_or_a_variable_says_otherwise(
    tmp_path: Path, flags: list[str], environ: dict[str, str], reached: list[str]
) -> None:
    arguments = ["--port=0", "--rest_api_port=-1", "--model_name=cry", "--log_format=text", *flags]
    arguments += [f"--model_base_path={SHIPPED_VERSION.parent}"]
    with ServiceProcess("tears.model_server", environ, tmp_path / "log", arguments=arguments) as process:
        rest_port = int(process.wait_for_log(r"REST on port (\d+)")[1])
        grpc_port = port_of(process)
        assert [host for host in HOSTS if answers_rest(host, rest_port)] == reached
        assert [host for host in HOSTS if answers_grpc(host, grpc_port)] == reached
