"""A server of the whole zoo, run by one engine."""

from pathlib import Path
from typing import Any

import grpc
from integration.model_server.served import Client, port_of
from support.processes.service_process import ServiceProcess

from tears.model_server.wire import tensors as codec
from tears.model_server.wire.signatures import TensorSpec
from tears.tfserving.v1 import predict_pb2

TENSORFLOW, LITERT = "TensorFlow", "LiteRT"
# TensorFlow takes seconds to start, and more on a busy machine.
START_SECONDS = 90.0
# The first test that uses the servers also makes the zoo and starts them.
TEST_SECONDS = 600


class Engine:
    """A server of the whole zoo; one engine runs the folders that hold models for both."""

    def __init__(self, process: ServiceProcess, channel: grpc.Channel) -> None:
        self.process = process
        self.channel = channel
        self.client = Client(channel)


def arrays(reply: predict_pb2.PredictResponse) -> dict[str, Any]:
    """Return the outputs, with strings as bytes."""
    return {
        alias: codec.decode_tensor(alias, tensor, TensorSpec("", tensor.dtype, None)).tolist()
        for alias, tensor in reply.outputs.items()
    }


def start_engine(name: str, zoo: Path, folder: Path) -> Engine:
    """Start a server process that runs a folder with models for both engines with the named one."""
    wanted = "1/model.tflite" if name == LITERT else "1"
    models = [path for path in sorted(zoo.iterdir()) if (path / wanted).exists()]
    config = folder / f"{name}.config"
    config.write_text(f"model_config_list {{ {' '.join(map(_config, models))} }}")
    arguments = ["--port=0", "--rest_api_port=-1", f"--model_config_file={config}"]
    arguments += [] if name == LITERT else ["--prefer_tflite_model=false"]
    arguments += ["--log_format=text", "--file_system_poll_wait_seconds=0", "--tflite_interpreters=1"]
    process = ServiceProcess("tears.model_server", {}, folder / f"{name}.log", arguments=arguments)
    process.wait_for_log(r"gRPC on port \d+", START_SECONDS)
    return Engine(process, grpc.insecure_channel(f"localhost:{port_of(process)}"))


def _config(path: Path) -> str:
    model = f'name: "{path.name}" base_path: "{path}" model_platform: "tensorflow"'
    return f"config {{ {model} }}"
