"""Wait until a running model server serves a version."""

import time

import grpc

from tears.cli.errors import CliError
from tears.cli.pipeline.model_server import SHIPPED_MODEL_NAME, STATUS_REQUEST
from tears.cli.pipeline.stop_signals import stop_event_in_block
from tears.tfserving.channels import direct_channel
from tears.tfserving.methods import GET_MODEL_STATUS
from tears.tfserving.v1 import status_pb2

SERVING_POLL_SECONDS = 0.1
STATUS_DEADLINE_SECONDS = 2.0

_AVAILABLE, _END = status_pb2.ModelVersionStatus.AVAILABLE, status_pb2.ModelVersionStatus.END


class NotServedError(CliError):
    """Raised when a server does not serve a version that was put into its folder."""


def wait_for_version(server: str, number: int, wait_seconds: float) -> None:
    """Block until the server serves this version and no newer one.

    Raises:
        NotServedError: The server cannot load the version, does not answer, or takes longer than `wait_seconds`.
        KeyboardInterrupt: A signal came. It is raised when the server has answered, because a KeyboardInterrupt that
            is raised inside gRPC is sometimes lost.
    """
    until = time.monotonic() + wait_seconds
    answer = "nothing yet"
    with stop_event_in_block() as stop, direct_channel(server) as channel:
        ask = GET_MODEL_STATUS.on(channel)
        while time.monotonic() < until:
            if stop.is_set():
                raise KeyboardInterrupt
            try:
                reply = ask(STATUS_REQUEST, timeout=STATUS_DEADLINE_SECONDS)
            except grpc.RpcError as failure:
                answer = f"{failure.code().name}: {failure.details()}"
                if failure.code() is grpc.StatusCode.NOT_FOUND:
                    break
            else:
                states = {one.version: one for one in reply.model_version_status}
                serving = [version for version, one in states.items() if one.state == _AVAILABLE]
                if serving and max(serving) == number:
                    return
                one = states.get(number)
                if one is not None and one.state == _END and one.status.error_code:
                    raise NotServedError(f"{server} cannot load version {number}: {one.status.error_message}")
                answer = f"it serves {', '.join(map(str, sorted(serving))) or 'no version'}"
            stop.wait(SERVING_POLL_SECONDS)
    raise NotServedError(
        f"{server} does not serve version {number} ({answer}): does it serve {SHIPPED_MODEL_NAME}, and watch this "
        "folder?"
    )
