"""Ask the model server for the features of windows. Imports gRPC, which the journal has no other use for."""

import contextlib
from collections.abc import Iterator

import grpc
import numpy as np
import numpy.typing as npt

from tears.audio.constants import WINDOW_SAMPLES
from tears.audio.format import Int16Array
from tears.journal.errors import NoModelServerError
from tears.own_data.teaching.course import AskServer
from tears.own_data.versions.version_files import EMBED_SIGNATURE
from tears.tfserving.channels import direct_channel
from tears.tfserving.client import ContractError, ModelClient, NotANumberError

MODEL_NAME = "cry"


@contextlib.contextmanager
def open_features(server: str, timeout_seconds: float) -> Iterator[AskServer]:
    """Yield a function that returns the features of a window, float32 [F], and the version that gave them.

    The function blocks for `timeout_seconds` at most, and so does this. Both raise NoModelServerError if the server
    does not answer, or if its model has no features.
    """
    with direct_channel(server) as channel:
        client = ModelClient(channel, model=MODEL_NAME, window_samples=WINDOW_SAMPLES, signature=EMBED_SIGNATURE)
        with _in_words(server):
            contract = client.contract(timeout_seconds)

        def ask(samples: Int16Array) -> tuple[npt.NDArray[np.float32], int]:
            with _in_words(server):
                found = client.embed(contract, contract.encode_window(samples), timeout_seconds)
            return np.array(found.values, np.float32), found.version

        yield ask


@contextlib.contextmanager
def _in_words(server: str) -> Iterator[None]:
    try:
        yield
    except grpc.RpcError as failure:
        raise NoModelServerError(
            f"The model server at {server} does not answer: {failure.code().name}, {failure.details()}"
        ) from failure
    except (ContractError, NotANumberError) as fault:
        raise NoModelServerError(f"The model at {server} cannot be taught: {fault}") from fault
