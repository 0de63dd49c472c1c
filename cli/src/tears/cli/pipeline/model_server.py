"""Find the shipped model, and start our own model server with it, on a socket."""

import contextlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import grpc

from tears.audio.constants import WINDOW_SAMPLES
from tears.cli.errors import StartError
from tears.cli.pipeline.child_process import ChildProcess, StartsProgram, inherited_environment, start_program
from tears.kit.files.user_folders import user_models
from tears.own_data.errors import HistoryError
from tears.own_data.labels.label_names import CRYING
from tears.own_data.versions.history import installed_in
from tears.own_data.versions.version_files import TFLITE_FILE
from tears.tfserving.channels import direct_channel
from tears.tfserving.client import ContractError, ModelClient
from tears.tfserving.methods import GET_MODEL_STATUS
from tears.tfserving.v1 import model_pb2, status_pb2

SHIPPED_MODEL_NAME = "cry"
_CONTRACT_SECONDS = 5.0
STATUS_REQUEST = status_pb2.GetModelStatusRequest(model_spec=model_pb2.ModelSpec(name=SHIPPED_MODEL_NAME))


def cry_label() -> str:
    """Return the model's label for crying, as the alerter does: `$TEARS_ALERTER_CRY_LABEL`, else `crying`."""
    return os.environ.get("TEARS_ALERTER_CRY_LABEL") or CRYING


def shipped_versions() -> Path:
    """Return the folder of the versions that came with Tears: `models/cry` of this checkout."""
    return Path(__file__).parents[5] / "models" / SHIPPED_MODEL_NAME


def model_base_path() -> Path:
    """Return the folder of the version folders.

    That is `$TEARS_MODEL_DIR`; else the user's own folder, if `tears model install` has put a version there; else the
    shipped one.

    Raises:
        StartError: It holds no model.
    """
    chosen = os.environ.get("TEARS_MODEL_DIR", "")
    own = user_models(SHIPPED_MODEL_NAME)
    if chosen:
        path = Path(chosen)
    elif own is not None and own.is_dir() and _holds_installed(own):
        path = own
    else:
        path = shipped_versions()
    if not any(path.glob("*/model.tflite")):
        raise StartError(f"no model in {path}: set TEARS_MODEL_DIR to a folder that holds <version>/model.tflite")
    return path.resolve()


def _holds_installed(own: Path) -> bool:
    try:
        numbers = {str(number) for number in installed_in(own)}
    except HistoryError:
        # Listening goes on, with the newest version that is there.
        numbers = {path.name for path in own.iterdir()}
    return any((own / number / TFLITE_FILE).is_file() for number in numbers)


def model_socket(folder: Path) -> Path:
    """Return the socket of the server that was started in `folder`."""
    return folder / "model.sock"


def model_address(folder: Path) -> str:
    """Return the gRPC address of the server that was started in `folder`."""
    return f"unix:{model_socket(folder)}"


def start_model_server(
    folder: Path,
    port: int,
    rest_port: int = 0,
    models: Path | None = None,
    start: StartsProgram = start_program,
) -> ChildProcess:
    """Start the server and do not wait for it.

    Args:
        folder: Gets its socket and its log.
        port: A TCP port to listen on as well, or any other one if it is taken; 0 takes any free one.
        rest_port: For its REST API, probes and metrics; 0 switches them off, and -1 takes any free port.
        models: The folder of the version folders; None for `model_base_path()`.
        start: How to start it.

    Raises:
        StartError: There is no model.
    """
    command = [sys.executable, "-m", "tears.model_server", f"--port={port}", "--port_if_taken=any"]
    command += [f"--model_name={SHIPPED_MODEL_NAME}"]
    command += [f"--model_base_path={models or model_base_path()}", f"--grpc_socket_path={model_socket(folder)}"]
    # Its notes about versions that have ended it; they need not outlive the pipeline.
    environ = {**inherited_environment(), "TMPDIR": str(folder)}
    # The pipeline looks for warnings in the text logs of its processes.
    command += ["--log_format=text", f"--rest_api_port={rest_port}"]
    return ChildProcess("model server", command, environ, folder / "model-server.log", start)


def wait_until_serving(child: ChildProcess, address: str) -> int:
    """Block until a version of the model answers requests, and return its number.

    Raises:
        StartError: The server ended, or took more than 30 s; or the model has no score for crying, which nobody would
            notice otherwise until a baby cries.
    """
    with direct_channel(address) as channel:
        ask = GET_MODEL_STATUS.on(channel)

        def serving() -> int | str:
            try:
                reply = ask(STATUS_REQUEST, timeout=1.0, wait_for_ready=True)
            except grpc.RpcError as failure:
                return f"{failure.code().name}: {failure.details()}"
            available = status_pb2.ModelVersionStatus.AVAILABLE
            versions = [one.version for one in reply.model_version_status if one.state == available]
            return max(versions) if versions else str(reply)

        version = child.wait_until_ready(serving)
        client = ModelClient(channel, model=SHIPPED_MODEL_NAME, window_samples=WINDOW_SAMPLES)
        # A model that does not fit at all is reported by the classifier, which waits for a better one.
        with contextlib.suppress(ContractError, grpc.RpcError):
            require_cry_label(client.contract(_CONTRACT_SECONDS).labels)
        return version


def require_cry_label(labels: Sequence[str]) -> None:
    """Raise StartError if a model with these labels has no score for crying."""
    if cry_label() not in labels:
        raise StartError(
            f"the model has no label {cry_label()!r}, only {', '.join(labels)}: set TEARS_ALERTER_CRY_LABEL to the one "
            "that means crying"
        )
