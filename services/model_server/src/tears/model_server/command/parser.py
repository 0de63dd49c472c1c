"""Every flag by name: its type, its default, and what it does."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Final, NoReturn

PROGRAM: Final = "tears-model-server"
DEFAULT_MODEL_NAME: Final = "model"

# Flags of TF Serving that compose files carry and that have nothing to switch here, with the reason.
IDLE_FLAGS: Final = {
    "num_unload_threads": "a version is unloaded by whoever answers its last request",
    "flush_filesystem_caches": "files are read once, whole",
    "tensorflow_session_config_file": "threads have flags of their own",
    "platform_config_file": "the platform is what lies in a version's folder",
    "per_process_gpu_memory_fraction": "no GPU is used",
    "remove_unused_fields_from_bundle_metagraph": "no graph is kept beside the one that runs",
    "xla_cpu_compilation_enabled": "XLA is not used",
    "xla_gpu_compilation_enabled": "XLA is not used",
    "enable_profiler": "there is no profiler service",
    "thread_pool_factory_config_file": "threads have flags of their own",
    "mixed_precision": "a model runs in the precision it was made in",
    "skip_initialize_tpu": "no TPU is used",
    "use_saved_model": "there is nothing older to choose",
}

_PORT_MAX: Final = 65_535
_MANY: Final = 2**53
_INT32_MIN, _INT32_MAX = -(2**31), 2**31 - 1
_DAY_SECONDS: Final = 86_400
_WEEK_MS: Final = 7 * _DAY_SECONDS * 1000


class FlagParser(argparse.ArgumentParser):
    """Tells an error in one line; argparse would print the whole usage before it."""

    def __init__(self) -> None:
        super().__init__(
            prog=PROGRAM,
            description="Serves models by TF Serving's gRPC and REST API on LiteRT.",
            allow_abbrev=False,
            formatter_class=argparse.ArgumentDefaultsHelpFormatter,
        )

    def error(self, message: str) -> NoReturn:
        """Ends the process with status 2."""
        self.exit(2, f"{PROGRAM}: {message}\n")

    def known_flags(self) -> list[str]:
        """Their names with the dashes, in order."""
        return sorted(option for option in self._option_string_actions if option.startswith("--"))

    def add_switch(self, *names: str, default: bool = False, help: str) -> None:  # noqa: A002 - argparse's own name
        """A flag that is true or false, with the names that it had before: `--name`, `--name=true|false|1|0`."""
        options = [f"--{name}" for name in names]
        self.add_argument(*options, type=_truth, nargs="?", const=True, default=default, metavar="BOOL", help=help)


def add_flags(parser: FlagParser, environ: Mapping[str, str]) -> None:
    """The flags that do something."""
    _add_addresses(parser)
    _add_models(parser, environ)
    _add_computing(parser)
    parser.add_argument(
        "--log_format", choices=("auto", "json", "text"), default="auto", help="auto is text on a terminal"
    )
    parser.add_argument("--version", action="version", version=_versions(), help="prints the versions and exits")


def add_idle_flags(parser: FlagParser) -> Sequence[str]:
    """The flags that are accepted and do nothing; a value is None where its flag was not given."""
    group = parser.add_argument_group("flags of TF Serving that are accepted and mean nothing here")
    for name, reason in IDLE_FLAGS.items():
        group.add_argument(f"--{name}", nargs="?", const="true", default=argparse.SUPPRESS, help=reason)
    parser.set_defaults(**dict.fromkeys(IDLE_FLAGS))
    return list(IDLE_FLAGS)


def _add_addresses(parser: FlagParser) -> None:
    add = parser.add_argument
    add("--port", type=_whole(0, _PORT_MAX), default=8500, help="gRPC port; 0 is any free one, told in the log")
    add("--grpc_socket_path", default="", help="a Unix socket to listen on as well")
    add("--grpc_channel_arguments", type=_channel_arguments, default="", help="name=value,... for gRPC itself")
    add("--grpc_max_threads", type=_whole(1, _MANY), default=64, help="requests that may be in flight")
    parser.add_switch("enable_grpc_healthcheck_service", default=True, help="grpc.health.v1.Health")
    add("--ssl_config_file", type=_path, help="an SSLConfig as text proto; gRPC then speaks TLS only")
    parser.add_switch("use_alts_credentials", help="an error where true: nobody but Google has ALTS")
    add(
        "--rest_api_port",
        type=_whole(-1, _PORT_MAX),
        default=0,
        help="REST port; 0 is none, -1 any free one, told in the log",
    )
    add("--rest_api_num_threads", type=_whole(1, _MANY), default=16, help="REST requests that may be in flight")
    add("--rest_api_timeout_in_ms", type=_whole(1, _WEEK_MS), default=30_000, help="of one REST request")
    parser.add_switch("rest_api_enable_cors_support", help="CORS headers in REST replies")
    add("--monitoring_config_file", type=_path, help="a MonitoringConfig as text proto: where Prometheus looks")


def _add_models(parser: FlagParser, environ: Mapping[str, str]) -> None:
    add = parser.add_argument
    add("--model_name", type=_name, default=environ.get("MODEL_NAME") or DEFAULT_MODEL_NAME, help="env MODEL_NAME")
    add(
        "--model_base_path", type=_path, help="folder of the model's versions; ${MODEL_BASE_PATH}/<model_name> if unset"
    )
    add("--model_config_file", type=_path, help="a ModelServerConfig as text proto: several models, policies, labels")
    add(
        "--model_config_file_poll_wait_seconds",
        type=_seconds,
        default=0.0,
        help="how often to look whether that file has changed; 0 reads it once, at start",
    )
    parser.add_switch(
        "allow_version_labels_for_unavailable_models", help="a new label may name a version that is not loaded yet"
    )
    add("--file_system_poll_wait_seconds", type=_seconds, default=1.0, help="0 looks for versions once, at start")
    add("--num_load_threads", type=_whole(0, 64), default=0, help="models that load at once; 0 is one after another")
    add("--max_num_load_retries", type=_whole(0, _MANY), default=5, help="of a version whose files stay as they are")
    add("--load_retry_interval_micros", type=_whole(-_MANY, _MANY), default=60_000_000, help="between two such tries")
    parser.add_switch("enable_model_warmup", default=True, help="replays assets.extra/tf_serving_warmup_requests")
    add("--num_request_iterations_for_warmup", type=_whole(0, 10_000), default=0, help="replays of each; 0 is one")


def _add_computing(parser: FlagParser) -> None:
    add = parser.add_argument
    count = _whole(1, 64)
    parser.add_switch("enable_batching", help="requests that come together are computed together")
    add("--batching_parameters_file", type=_path, help="BatchingParameters as text proto")
    parser.add_switch("enable_per_model_batching_parameters", help="batching_params.pbtxt in a version's folder counts")
    parser.add_switch(
        "prefer_tflite_model",
        "use_tflite_model",
        default=True,
        help="of model.tflite and saved_model.pb in one folder",
    )
    parser.add_switch(
        "enable_signature_method_name_check", help="Classify and Regress want a signature of their method"
    )
    parser.add_switch("enable_serialization_as_tensor_content", help="replies carry tensor_content, not typed fields")
    add("--saved_model_tags", type=_tags, default="serve", help="of the graph in saved_model.pb, with commas between")
    add(
        "--tensorflow_session_parallelism",
        type=_whole(0, 1024),
        default=0,
        help="sets both of the next where they are 0",
    )
    add("--tensorflow_intra_op_parallelism", type=_whole(0, 1024), default=0, help="threads of one op; 0: TensorFlow's")
    add("--tensorflow_inter_op_parallelism", type=_whole(0, 1024), default=0, help="ops at once; 0: TensorFlow's")
    add("--tflite_interpreters", type=count, help="requests that run at once; 2, or what the next two say")
    add("--num_tflite_pools", type=_whole(0, 64), default=0, help="times the next: interpreters")
    add("--num_tflite_interpreters_per_pool", type=count, default=1, help="see --num_tflite_pools")
    add("--tflite_threads", type=count, default=1, help="of each interpreter")


def _versions() -> str:
    return f"{PROGRAM} {metadata.version(PROGRAM)}, LiteRT {metadata.version('ai-edge-litert')}"


def _name(text: str) -> str:
    if not text:
        raise argparse.ArgumentTypeError("a model needs a name")
    return text


def _path(text: str) -> Path | None:
    """An empty path is none at all, as in TF Serving: compose files carry `--flag=${UNSET}`."""
    return Path(text) if text else None


def _truth(text: str) -> bool:
    if text not in {"true", "false", "1", "0"}:
        raise argparse.ArgumentTypeError(f"{text!r} is neither true (1) nor false (0)")
    return text in {"true", "1"}


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds <= _DAY_SECONDS:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and {_DAY_SECONDS} seconds")
    return seconds


def _tags(text: str) -> tuple[str, ...]:
    return tuple(tag for tag in text.split(",") if tag)


def _channel_arguments(text: str) -> tuple[tuple[str, int | str], ...]:
    """`name=value,...`; what reads as a number of 32 bits is one, as in TF Serving."""
    arguments: list[tuple[str, int | str]] = []
    for argument in filter(None, text.split(",")):
        name, equals, value = argument.partition("=")
        if not name or not equals:
            raise argparse.ArgumentTypeError(f"{argument!r} is not name=value")
        is_number = value.removeprefix("-").isdecimal() and _INT32_MIN <= int(value) <= _INT32_MAX
        arguments.append((name, int(value) if is_number else value))
    return tuple(arguments)


def _whole(low: int, high: int) -> Callable[[str], int]:
    """An argparse type that accepts low..high."""
    bounded = partial(_whole_number, low, high)
    bounded.__name__ = "whole number"  # type: ignore[attr-defined] # argparse names the type by it
    return bounded


def _whole_number(low: int, high: int, text: str) -> int:
    number = int(text)
    if not low <= number <= high:
        raise argparse.ArgumentTypeError(f"{text} is not between {low} and {high}")
    return number
