"""Waits for a running model server to serve a version."""

from __future__ import annotations

import time

import grpc

from tears.cli.errors import CliError
from tears.cli.house.shipped_model import MODEL_NAME
from tears.cli.house.stop_signals import signals_noted
from tears.tfserving.methods import GET_MODEL_STATUS
from tears.tfserving.v1 import model_pb2, status_pb2

POLL_SECONDS = 0.1
ANSWER_SECONDS = 2.0

_AVAILABLE, _END = status_pb2.ModelVersionStatus.AVAILABLE, status_pb2.ModelVersionStatus.END


class NotServedError(CliError):
    """Raised when a server does not serve a version that was put into its folder."""


def wait_for_version(server: str, number: int, wait_seconds: float) -> None:
    """Blocks until the server serves this version and none that is newer.

    Raises:
        NotServedError: it cannot load it, is away, or takes longer than that.
        KeyboardInterrupt: a signal came; it is noted at once, and raised here once the server has answered. Out of
            nowhere, in the midst of gRPC, it would at times be lost.
    """
    request = status_pb2.GetModelStatusRequest(model_spec=model_pb2.ModelSpec(name=MODEL_NAME))
    until = time.monotonic() + wait_seconds
    said = "nothing yet"
    with signals_noted() as stop, grpc.insecure_channel(server) as channel:
        ask = GET_MODEL_STATUS.on(channel)
        while time.monotonic() < until:
            if stop.is_set():
                raise KeyboardInterrupt
            try:
                reply = ask(request, timeout=ANSWER_SECONDS)
            except grpc.RpcError as failure:
                said = f"{failure.code().name}: {failure.details()}"
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
                said = f"it serves {', '.join(map(str, sorted(serving))) or 'none'}"
            stop.wait(POLL_SECONDS)
    raise NotServedError(
        f"{server} does not serve version {number} ({said}): does it serve {MODEL_NAME}, and watch this folder?"
    )
