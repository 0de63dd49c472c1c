"""Score windows by a model server: one that runs already, or a private one with the shipped model."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

import grpc

from tears.audio.constants import WINDOW_SAMPLES
from tears.audio.window import Window
from tears.cli.errors import CliError, StartError
from tears.cli.house.model_server import model_address, start_model_server, wait_until_serving
from tears.cli.scoring.model_choice import ModelChoice
from tears.tfserving.client import ContractError, ModelClient, ModelContract, NotANumberError, Scores

SCORING_DEADLINE_SECONDS = 10.0


class ServedScorer:
    """Asks one model for the scores of windows."""

    def __init__(self, client: ModelClient, contract: ModelContract, choice: ModelChoice) -> None:
        self._client = client
        self._contract = contract
        self.choice = choice

    def score(self, window: Window) -> Scores:
        """Return the model's answer.

        Raises:
            CliError: It did not answer, or not with scores.
        """
        content = self._contract.encode_window(window.samples)
        try:
            return self._client.predict(self._contract, content, SCORING_DEADLINE_SECONDS)
        except grpc.RpcError as failure:
            raise CliError(f"the model server says {failure.code().name}: {failure.details()}") from failure
        except (ContractError, NotANumberError) as fault:
            raise CliError(f"model {self.choice.model}: {fault}") from fault


@contextlib.contextmanager
def open_scorer(choice: ModelChoice) -> Iterator[ServedScorer]:
    """Connect, and ask what the model takes.

    Raises:
        CliError: There is no server, no such model, or the model does not take windows of 5 s.
    """
    with contextlib.ExitStack() as stack:
        address = choice.server or stack.enter_context(_private_server())
        channel = stack.enter_context(grpc.insecure_channel(address))
        try:
            client = ModelClient(
                channel,
                model=choice.model,
                window_samples=WINDOW_SAMPLES,
                version=choice.version,
                version_label=choice.label,
            )
        except ValueError as error:
            raise CliError(f"give --version or --label: {error}") from error
        yield ServedScorer(client, _ask_contract(client, address), choice)


def _ask_contract(client: ModelClient, address: str) -> ModelContract:
    try:
        return client.contract(SCORING_DEADLINE_SECONDS)
    except grpc.RpcError as failure:
        raise StartError(
            f"the model server at {address} says {failure.code().name}: {failure.details()}; check --server, --model "
            "and --version"
        ) from failure
    except ContractError as fault:
        raise CliError(f"the model at {address} does not fit Tears: {fault}") from fault


@contextlib.contextmanager
def _private_server() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="tears-") as name:
        folder = Path(name)
        child = start_model_server(folder, port=0)
        try:
            wait_until_serving(child, model_address(folder))
            yield model_address(folder)
        finally:
            child.stop(SCORING_DEADLINE_SECONDS)
