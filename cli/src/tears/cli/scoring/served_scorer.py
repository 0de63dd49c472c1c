"""Score windows with a model server: one that runs already, or a private one with the shipped model."""

import contextlib
import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import click
import grpc

from tears.audio.constants import WINDOW_SAMPLES
from tears.audio.window import Window
from tears.cli.errors import CliError, StartError
from tears.cli.models.own_folder import folder_to_serve
from tears.cli.pipeline.model_server import SHIPPED_MODEL_NAME, model_address, start_model_server, wait_until_serving
from tears.cli.pipeline.runtime_folder import RuntimeFolder
from tears.cli.pipeline.stop_signals import tidying_up
from tears.tfserving.channels import direct_channel
from tears.tfserving.client import ContractError, ModelClient, ModelContract, NotANumberError, Scores

SCORING_DEADLINE_SECONDS = 10.0


@dataclass(frozen=True, kw_only=True)
class ModelChoice:
    """The model to ask: by default, the newest version of the shipped one on a server that is started for it.

    Attributes:
        server: HOST:PORT or unix:PATH; None starts a server.
        label: A version label; empty for none.
    """

    server: str | None = None
    model: str = SHIPPED_MODEL_NAME
    version: int | None = None
    label: str = ""


def model_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that choose a model; the command gets them as `choice`."""

    @functools.wraps(command)
    def with_choice(*, server: str | None, model: str, version: int | None, label: str, **others: Any) -> None:
        command(choice=ModelChoice(server=server, model=model, version=version, label=label), **others)

    for option in (
        click.option(
            "--server", help="HOST:PORT of a model server.  [default: one that is started for the shipped model]"
        ),
        click.option(
            "--model", default=SHIPPED_MODEL_NAME, show_default=True, help="The name of the model on that server."
        ),
        click.option("--version", type=click.IntRange(min=1), help="The version of the model.  [default: the newest]"),
        click.option("--label", default="", help="The label of a version, such as stable, instead of its number."),
    ):
        with_choice = option(with_choice)
    return with_choice


@contextlib.contextmanager
def open_scorer(choice: ModelChoice) -> Iterator[Callable[[Window], Scores]]:
    """Connect to the server, and yield a function that returns the model's scores of a window.

    Raises:
        CliError: There is no server, no such model, or the model does not take windows of 5 s. The function raises it
            if the model does not answer, or if its answer has no valid scores.
    """
    with contextlib.ExitStack() as stack:
        address = choice.server or stack.enter_context(_private_server())
        channel = stack.enter_context(direct_channel(address))
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
        contract = _ask_contract(client, address)

        def ask(window: Window) -> Scores:
            return client.predict(contract, contract.encode_window(window.samples), SCORING_DEADLINE_SECONDS)

        def score(window: Window) -> Scores:
            nonlocal contract
            try:
                try:
                    return ask(window)
                except grpc.RpcError as failure:
                    if failure.code() is not grpc.StatusCode.FAILED_PRECONDITION:
                        raise
                    # The model may have been replaced by one without the signature.
                    contract = _ask_contract(client, address)
                    return ask(window)
            except grpc.RpcError as failure:
                raise CliError(f"the model server says {failure.code().name}: {failure.details()}") from failure
            except (ContractError, NotANumberError) as fault:
                raise CliError(f"model {choice.model}: {fault}") from fault

        yield score


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
    with contextlib.closing(RuntimeFolder()) as place:
        child = start_model_server(place.path, port=0, models=folder_to_serve())
        try:
            wait_until_serving(child, model_address(place.path))
            yield model_address(place.path)
        finally:
            with tidying_up() as hurry:
                child.stop(SCORING_DEADLINE_SECONDS, hurry)
