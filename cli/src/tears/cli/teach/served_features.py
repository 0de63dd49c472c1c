"""Ask a model server for the features of windows: one that runs already, or a private one."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import grpc
import numpy as np
import numpy.typing as npt

from tears.audio.constants import WINDOW_SAMPLES
from tears.audio.format import Int16Array
from tears.cli.errors import CliError, StartError
from tears.cli.pipeline.model_server import SHIPPED_MODEL_NAME, model_address, start_model_server, wait_until_serving
from tears.cli.pipeline.runtime_folder import RuntimeFolder
from tears.cli.pipeline.stop_signals import tidying_up
from tears.own_data.teaching.course import AskServer
from tears.own_data.versions.version_files import EMBED_SIGNATURE
from tears.tfserving.channels import direct_channel
from tears.tfserving.client import ContractError, ModelClient, NotANumberError

DEADLINE_SECONDS = 10.0


@contextlib.contextmanager
def open_features(server: str | None, base_path: Path) -> Iterator[AskServer]:
    """Yield a function that returns the features of a window and the version that gave them.

    Args:
        server: HOST:PORT or unix:PATH; None starts a server for `base_path`.
        base_path: The folder of the versions.

    Raises:
        CliError: There is no server, or its model has no features. The function raises it if the model does not answer.
    """
    with contextlib.ExitStack() as stack:
        address = server or stack.enter_context(_private_server(base_path))
        channel = stack.enter_context(direct_channel(address))
        client = ModelClient(
            channel, model=SHIPPED_MODEL_NAME, window_samples=WINDOW_SAMPLES, signature=EMBED_SIGNATURE
        )
        try:
            contract = client.contract(DEADLINE_SECONDS)
        except grpc.RpcError as failure:
            raise StartError(
                f"the model server at {address} says {failure.code().name}: {failure.details()}; check --server"
            ) from failure
        except ContractError as fault:
            raise CliError(f"the model at {address} cannot be taught: {fault}") from fault

        def ask(samples: Int16Array) -> tuple[npt.NDArray[np.float32], int]:
            try:
                found = client.embed(contract, contract.encode_window(samples), DEADLINE_SECONDS)
            except grpc.RpcError as failure:
                raise CliError(f"the model server says {failure.code().name}: {failure.details()}") from failure
            except (ContractError, NotANumberError) as fault:
                raise CliError(f"the model at {address} cannot be taught: {fault}") from fault
            return np.array(found.values, np.float32), found.version

        yield ask


@contextlib.contextmanager
def _private_server(base_path: Path) -> Iterator[str]:
    with contextlib.closing(RuntimeFolder()) as place:
        child = start_model_server(place.path, port=0, models=base_path)
        try:
            wait_until_serving(child, model_address(place.path))
            yield model_address(place.path)
        finally:
            with tidying_up() as hurry:
                child.stop(DEADLINE_SECONDS, hurry)
