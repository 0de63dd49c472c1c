"""Start our own model server with the shipped model, on a socket."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import grpc

from tears.cli.errors import StartError
from tears.cli.house.child_process import CHILD_POLL_SECONDS, CHILD_START_SECONDS, ChildProcess, inherited_environment
from tears.cli.house.shipped_model import SHIPPED_MODEL_NAME, model_base_path
from tears.tfserving.methods import GET_MODEL_STATUS
from tears.tfserving.v1 import model_pb2, status_pb2

SOCKET_NAME = "model.sock"


def model_address(folder: Path) -> str:
    """Return the gRPC address of the server that was started in `folder`."""
    return f"unix:{folder / SOCKET_NAME}"


def start_model_server(folder: Path, port: int, rest_port: int = 0) -> ChildProcess:
    """Start the server and do not wait for it.

    Args:
        folder: Gets its socket and its log.
        port: A TCP port to listen on as well; 0 takes any free one.
        rest_port: For its REST API, probes and metrics; 0 switches them off, and -1 takes any free port.

    Raises:
        StartError: There is no model.
    """
    command = [sys.executable, "-m", "tears.model_server", f"--port={port}", f"--model_name={SHIPPED_MODEL_NAME}"]
    # The pipeline reads the warnings in the logs of its processes.
    command += [
        f"--model_base_path={model_base_path()}",
        f"--grpc_socket_path={folder / SOCKET_NAME}",
        "--log_format=text",
    ]
    command.append(f"--rest_api_port={rest_port}")
    return ChildProcess("model server", command, inherited_environment(), folder / "model-server.log")


def wait_until_serving(child: ChildProcess, address: str) -> None:
    """Block until a version of the model answers requests.

    Raises:
        StartError: The server ended, or took more than 30 s.
    """
    request = status_pb2.GetModelStatusRequest(model_spec=model_pb2.ModelSpec(name=SHIPPED_MODEL_NAME))
    until = time.monotonic() + CHILD_START_SECONDS
    answer = "nothing yet"
    with grpc.insecure_channel(address) as channel:
        ask = GET_MODEL_STATUS.on(channel)
        while time.monotonic() < until:
            if child.status is not None:
                raise StartError(f"the model server ended with status {child.status}:\n{child.log_tail()}")
            try:
                reply = ask(request, timeout=1.0, wait_for_ready=True)
            except grpc.RpcError as failure:
                answer = f"{failure.code().name}: {failure.details()}"
            else:
                if any(one.state == status_pb2.ModelVersionStatus.AVAILABLE for one in reply.model_version_status):
                    return
                answer = str(reply)
            time.sleep(CHILD_POLL_SECONDS)
    raise StartError(f"the model server did not serve within {CHILD_START_SECONDS:g} s ({answer}):\n{child.log_tail()}")
