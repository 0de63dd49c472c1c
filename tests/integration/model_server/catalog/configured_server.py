"""A server process over a configuration file."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import grpc
import numpy as np
from google.protobuf import text_format
from integration.model_server.served import DEADLINE_SECONDS, Client, port_of, refusal, scores
from support.processes.service_process import ServiceProcess

from tears.tfserving.methods import HANDLE_RELOAD_CONFIG_REQUEST
from tears.tfserving.v1 import management_pb2
from tears.tfserving.v1.config_pb2 import ModelServerConfig

X = {"x": np.ones((2, 1), np.float32)}


def config_text(**models: tuple[Path, str]) -> str:
    """Return a ModelServerConfig as text: models by name, each with its folder and further fields."""
    entries = (
        f'config {{ name: "{name}" base_path: "{base_path}" model_platform: "tensorflow" {rest} }}'
        for name, (base_path, rest) in models.items()
    )
    return f"model_config_list {{ {' '.join(entries)} }}"


def replace(path: Path, text: str) -> None:
    """Write a file in one step, so that the server never reads half of it."""
    path.with_suffix(".new").write_text(text)
    path.with_suffix(".new").rename(path)


class ConfiguredServer:
    """A server over a configuration file, and a client of it."""

    def __init__(self, process: ServiceProcess, channel: grpc.Channel, path: Path) -> None:
        self.process = process
        self.client = Client(channel)
        self.path = path
        self._reload = HANDLE_RELOAD_CONFIG_REQUEST.on(channel)

    def configure(self, **models: tuple[Path, str]) -> None:
        replace(self.path, config_text(**models))

    def reload(self, text: str) -> management_pb2.ReloadConfigResponse:
        config = text_format.Parse(text, ModelServerConfig())
        return self._reload(management_pb2.ReloadConfigRequest(config=config), timeout=DEADLINE_SECONDS)

    def answer(self, model: str, **spec: Any) -> tuple[int, list[float]]:
        """Return the version that answered, and its y."""
        reply = self.client.predict(model, X, **spec)
        return reply.model_spec.version.value, scores(reply)["y"]

    def refusal(self, model: str, **spec: Any) -> tuple[grpc.StatusCode, str]:
        return refusal(partial(self.answer, model, **spec))


@contextmanager
def configured_server(
    folder: Path, flags: Sequence[str] = (), **models: tuple[Path, str]
) -> Iterator[ConfiguredServer]:
    path = folder / "models.config"
    replace(path, config_text(**models))
    arguments = [f"--model_config_file={path}", "--port=0", "--log_format=text", "--file_system_poll_wait_seconds=0.02"]
    arguments += ["--allow_reload_config_request"]
    with (
        ServiceProcess("tears.model_server", {}, folder / "log", arguments=[*arguments, *flags]) as process,
        grpc.insecure_channel(f"localhost:{port_of(process)}") as channel,
    ):
        yield ConfiguredServer(process, channel, path)
