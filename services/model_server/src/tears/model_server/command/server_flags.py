"""The command line: TF Serving's flags, as far as they mean something here, and a few of our own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tears.model_server.command.parser import FlagParser, add_flags, add_idle_flags

DEFAULT_MODELS_FOLDER: Final = "/models"
DEFAULT_INTERPRETERS: Final = 2


@dataclass(frozen=True, slots=True)
class Flags:
    """What the server was told on its command line; `flag_list` has each flag's default."""

    # Where it listens. port 0: any free one. rest_api_port 0: no REST API; -1: any free one.
    port: int
    grpc_socket_path: str
    grpc_channel_arguments: tuple[tuple[str, int | str], ...]
    grpc_max_threads: int
    enable_grpc_healthcheck_service: bool
    ssl_config_file: Path | None
    rest_api_port: int
    rest_api_num_threads: int
    rest_api_timeout_seconds: float
    rest_api_enable_cors_support: bool
    monitoring_config_file: Path | None

    # What it serves. With a config file, name and base path mean nothing.
    model_name: str
    model_base_path: Path
    model_config_file: Path | None
    # 0: only at start.
    model_config_file_poll_wait_seconds: float
    allow_version_labels_for_unavailable_models: bool
    # 0: only at start.
    poll_wait_seconds: float
    num_load_threads: int
    max_num_load_retries: int
    load_retry_interval_seconds: float
    enable_model_warmup: bool
    warmup_iterations: int

    # How it computes and answers.
    enable_batching: bool
    batching_parameters_file: Path | None
    enable_per_model_batching_parameters: bool
    prefer_tflite_model: bool
    enable_signature_method_name_check: bool
    enable_serialization_as_tensor_content: bool
    saved_model_tags: tuple[str, ...]
    # 0: TensorFlow decides.
    tensorflow_intra_op_parallelism: int
    tensorflow_inter_op_parallelism: int
    tflite_interpreters: int
    tflite_threads: int

    log_format: str
    # Flags that were given and mean nothing here.
    ignored: tuple[str, ...]


def parse_flags(arguments: Sequence[str], environ: Mapping[str, str]) -> Flags:
    """Reads `--flag=value` and `--flag value`; `--flag` alone is true for those that are true or false.

    Args:
        arguments: Without the program's name.
        environ: `MODEL_NAME` and `MODEL_BASE_PATH`, the folder of all models, are defaults as in TF Serving's image.

    Raises:
        SystemExit: 2 after one line on standard error, when a flag is unknown or has a wrong value; 0 after
            `--version` or `--help`.
    """
    parser = FlagParser()
    add_flags(parser, environ)
    idle = add_idle_flags(parser)
    given, rest = parser.parse_known_args(arguments)
    if rest:
        parser.error(f"unknown flag {rest[0].partition('=')[0]}; the known ones are {', '.join(parser.known_flags())}")
    if given.batching_parameters_file and not given.enable_batching:
        parser.error("--batching_parameters_file is given without --enable_batching; give both or neither")
    if given.enable_per_model_batching_parameters and not given.enable_batching:
        parser.error("--enable_per_model_batching_parameters is given without --enable_batching; give both or neither")
    if given.rest_api_port == given.port > 0:
        parser.error(f"--port and --rest_api_port are both {given.port}; give the REST API another, such as 8501")
    if given.use_alts_credentials:
        parser.error("--use_alts_credentials: ALTS is Google's own; --ssl_config_file sets up TLS")
    models_folder = environ.get("MODEL_BASE_PATH") or DEFAULT_MODELS_FOLDER
    session_threads = given.tensorflow_session_parallelism
    return Flags(
        port=given.port,
        grpc_socket_path=given.grpc_socket_path,
        grpc_channel_arguments=given.grpc_channel_arguments,
        grpc_max_threads=given.grpc_max_threads,
        enable_grpc_healthcheck_service=given.enable_grpc_healthcheck_service,
        ssl_config_file=given.ssl_config_file,
        rest_api_port=given.rest_api_port,
        rest_api_num_threads=given.rest_api_num_threads,
        rest_api_timeout_seconds=given.rest_api_timeout_in_ms / 1e3,
        rest_api_enable_cors_support=given.rest_api_enable_cors_support,
        monitoring_config_file=given.monitoring_config_file,
        model_name=given.model_name,
        model_base_path=given.model_base_path or Path(models_folder, given.model_name),
        model_config_file=given.model_config_file,
        model_config_file_poll_wait_seconds=given.model_config_file_poll_wait_seconds,
        allow_version_labels_for_unavailable_models=given.allow_version_labels_for_unavailable_models,
        poll_wait_seconds=given.file_system_poll_wait_seconds,
        num_load_threads=max(1, given.num_load_threads),
        max_num_load_retries=given.max_num_load_retries,
        load_retry_interval_seconds=max(0, given.load_retry_interval_micros) / 1e6,
        enable_model_warmup=given.enable_model_warmup,
        warmup_iterations=max(1, given.num_request_iterations_for_warmup),
        enable_batching=given.enable_batching,
        batching_parameters_file=given.batching_parameters_file,
        enable_per_model_batching_parameters=given.enable_per_model_batching_parameters,
        prefer_tflite_model=given.prefer_tflite_model,
        enable_signature_method_name_check=given.enable_signature_method_name_check,
        enable_serialization_as_tensor_content=given.enable_serialization_as_tensor_content,
        saved_model_tags=given.saved_model_tags,
        tensorflow_intra_op_parallelism=given.tensorflow_intra_op_parallelism or session_threads,
        tensorflow_inter_op_parallelism=given.tensorflow_inter_op_parallelism or session_threads,
        tflite_interpreters=given.tflite_interpreters
        or given.num_tflite_pools * given.num_tflite_interpreters_per_pool
        or DEFAULT_INTERPRETERS,
        tflite_threads=given.tflite_threads,
        log_format=given.log_format,
        ignored=tuple(name for name in idle if getattr(given, name) is not None),
    )
