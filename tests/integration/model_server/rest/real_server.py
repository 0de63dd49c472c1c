"""A REST server as a process, on real models."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from integration.model_server.rest.rest_client import RestClient, rest_client
from integration.model_server.served import Client, serving
from support.processes.service_process import ServiceProcess

MODELS = ("half_plus_two", "two_signatures", "cry", "sum", "echo", "nan", "rows")
# For the inputs X the model `half_plus_two` answers Y.
X = [[1.0], [2.0], [5.0]]
Y = [[2.5], [3.0], [4.5]]


@contextmanager
def serve_rest(
    base_path: Path, folder: Path, *, model: str = "m", flags: Sequence[str] = ()
) -> Iterator[tuple[ServiceProcess, Client, RestClient]]:
    """Start a server process with both protocols, and yield a client of each."""
    arguments = ["--rest_api_port=-1", *flags]
    with serving(base_path, folder / "log", model=model, flags=arguments) as (process, client):
        yield process, client, rest_client(process)
