"""A model server of our own, with the shipped model, on a socket."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import grpc

from tears.cli.errors import StartError
from tears.cli.house.child_process import POLL_SECONDS, START_SECONDS, Child, inherited_environment
from tears.cli.house.shipped_model import MODEL_NAME, model_base_path
from tears.tfserving.methods import GET_MODEL_STATUS
from tears.tfserving.v1 import model_pb2, status_pb2

SOCKET = "model.sock"


def model_address(folder: Path) -> str:
    """The gRPC address of the server that was started in `folder`."""
    return f"unix:{folder / SOCKET}"


def start_model_server(folder: Path, port: int, rest_port: int = 0) -> Child:
    """Starts it and does not wait.

    Args:
        folder: gets its socket and its log.
        port: a TCP port to listen on as well; 0 takes any free one.
        rest_port: of its REST API, probes and metrics; 0 is none of them, and -1 any free port.

    Raises:
        StartError: there is no model.
    """
    command = [sys.executable, "-m", "tears.model_server", f"--port={port}", f"--model_name={MODEL_NAME}"]
    # The house reads what its processes warn of.
    command += [f"--model_base_path={model_base_path()}", f"--grpc_socket_path={folder / SOCKET}", "--log_format=text"]
    command.append(f"--rest_api_port={rest_port}")
    return Child("model server", command, inherited_environment(), folder / "model-server.log")


def wait_until_serving(child: Child, address: str) -> None:
    """Blocks until a version of the model answers requests.

    Raises:
        StartError: the server ended, or took more than 30 s.
    """
    request = status_pb2.GetModelStatusRequest(model_spec=model_pb2.ModelSpec(name=MODEL_NAME))
    until = time.monotonic() + START_SECONDS
    said = "nothing yet"
    with grpc.insecure_channel(address) as channel:
        ask = GET_MODEL_STATUS.on(channel)
        while time.monotonic() < until:
            if child.status is not None:
                raise StartError(f"the model server ended with status {child.status}:\n{child.log_tail()}")
            try:
                reply = ask(request, timeout=1.0, wait_for_ready=True)
            except grpc.RpcError as failure:
                said = f"{failure.code().name}: {failure.details()}"
            else:
                if any(one.state == status_pb2.ModelVersionStatus.AVAILABLE for one in reply.model_version_status):
                    return
                said = str(reply)
            time.sleep(POLL_SECONDS)
    raise StartError(f"the model server did not serve within {START_SECONDS:g} s ({said}):\n{child.log_tail()}")
