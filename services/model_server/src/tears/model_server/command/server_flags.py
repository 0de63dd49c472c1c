"""Every flag of the command line, declared once: its name, its type, its default and its help text.

The parser, `--help` and the table in the README are made from these declarations.
"""

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tears.kit.network.listening import ANY_PORT, FAIL, IF_TAKEN_VARIABLE, LISTEN_VARIABLE, LOOPBACK
from tears.model_server.command.flag_types import (
    LARGEST_COUNT,
    LARGEST_INT32,
    MAX_PORT,
    ServerFlag,
    channel_arguments,
    comma_separated,
    flag,
    listen_address,
    nonempty_name,
    path,
    seconds,
    switch,
    whole,
)

DEFAULT_INTERPRETERS: Final = 2

# Types of values that several flags have.
_request_count: Final = whole(1, LARGEST_COUNT)
_op_threads: Final = whole(0, 1024)
_few: Final = whole(1, 1024)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerFlags:
    """The values of the flags, by the flags' names, and what follows from them."""

    # Where the server listens.
    port: int = flag("gRPC port; 0 takes any free port, and the log names it", whole(0, MAX_PORT), 8500)
    listen_address: str = flag(
        "who reaches the ports: loopback (this machine), all (the whole network, as in TF Serving), or one IP address; "
        f"the variable {LISTEN_VARIABLE} sets the default",
        listen_address,
        LOOPBACK,
        variable=LISTEN_VARIABLE,
    )
    port_if_taken: str = flag(
        f"if another program has the gRPC port: {FAIL} ends the server, {ANY_PORT} takes any free port; the variable "
        f"{IF_TAKEN_VARIABLE} sets the default",
        str,
        FAIL,
        variable=IF_TAKEN_VARIABLE,
        choices=(FAIL, ANY_PORT),
    )
    grpc_socket_path: str = flag("a Unix socket on which gRPC listens as well", str, "")
    grpc_channel_arguments: tuple[tuple[str, int | str], ...] = flag(
        "options for gRPC itself, as name=value,...", channel_arguments, ""
    )
    grpc_max_threads: int = flag("most requests in flight; others get RESOURCE_EXHAUSTED", _request_count, 64)
    enable_grpc_healthcheck_service: bool = switch("accepted; grpc.health.v1.Health always answers", default=True)
    ssl_config_file: Path | None = flag(
        "an SSLConfig as text proto; gRPC then accepts TLS only, and client certificates if the file says so", path
    )
    use_alts_credentials: bool = switch("refused when true, because ALTS works only inside Google")
    rest_api_port: int = flag("REST port; 0 turns REST off, -1 takes any free port", whole(-1, MAX_PORT), 0)
    rest_api_num_threads: int = flag("most REST requests in flight", _request_count, 16)
    rest_api_timeout_in_ms: int = flag(
        "time limit of one REST request; 0 or less is none", whole(-LARGEST_COUNT, LARGEST_COUNT), 30_000
    )
    rest_api_enable_cors_support: bool = switch("send CORS headers in REST replies")
    monitoring_config_file: Path | None = flag("a MonitoringConfig as text proto: the path of the metrics", path)

    # What the server serves. With a config file, the name and the base path mean nothing.
    model_name: str = flag(
        "name of the model; the variable MODEL_NAME sets the default", nonempty_name, "model", variable="MODEL_NAME"
    )
    model_base_path: Path = flag(
        "folder of the model's versions; if unset, the folder with the model's name in MODEL_BASE_PATH, or in /models "
        "where that variable is unset",
        path,
    )
    model_config_file: Path | None = flag(
        "a ModelServerConfig as text proto: several models, policies and labels; replaces the two above", path
    )
    model_config_file_poll_wait_seconds: float = flag("how often to reread that file; 0 reads it once", seconds, 0.0)
    allow_version_labels_for_unavailable_models: bool = switch(
        "let a new label name a version that is not loaded; the labels of the first configuration always may"
    )
    allow_reload_config_request: bool = switch(
        "answer HandleReloadConfigRequest; anybody who reaches the port can then change what is served"
    )
    file_system_poll_wait_seconds: float = flag("how often to look for versions; 0 looks once", seconds, 1.0)
    num_load_threads: int = flag("most models that load at once; 0 loads one after another", whole(0, LARGEST_INT32), 0)
    max_num_load_retries: int = flag("retries of an unchanged version that failed to load", whole(0, LARGEST_COUNT), 5)
    load_retry_interval_micros: int = flag("time between two retries", whole(-LARGEST_COUNT, LARGEST_COUNT), 60_000_000)
    enable_model_warmup: bool = switch(
        "replay the requests in assets.extra/tf_serving_warmup_requests before serving", default=True
    )
    num_request_iterations_for_warmup: int = flag(
        "how often to replay each of them; 0 means once", whole(0, LARGEST_INT32), 0
    )

    # How the server computes and answers.
    enable_batching: bool = switch("compute requests that arrive together in one batch")
    batching_parameters_file: Path | None = flag("BatchingParameters as text proto", path)
    enable_per_model_batching_parameters: bool = switch("read batching_params.pbtxt in each version's folder instead")
    prefer_tflite_model: bool = switch(
        "run model.tflite when a folder holds saved_model.pb too; TF Serving's default is false",
        default=True,
        older_name="use_tflite_model",
    )
    enable_signature_method_name_check: bool = switch(
        "let Classify and Regress use only signatures that were exported for them"
    )
    enable_serialization_as_tensor_content: bool = switch("reply to Predict with tensor_content, not typed fields")
    saved_model_tags: tuple[str, ...] = flag("comma-separated tags of saved_model.pb's graph", comma_separated, "serve")
    tensorflow_session_parallelism: int = flag("value of the next two where they are 0", _op_threads, 0)
    tensorflow_intra_op_parallelism: int = flag("threads of one op; 0 lets TensorFlow choose", _op_threads, 0)
    tensorflow_inter_op_parallelism: int = flag("ops that run at once; 0 lets TensorFlow choose", _op_threads, 0)
    tflite_interpreters: int | None = flag(
        "requests that run at once on a TFLite model, each in its own working memory; if unset, the product of the "
        "next two, or 2",
        _few,
    )
    num_tflite_pools: int = flag("TF Serving's flag: pools of interpreters; 0 means unset", whole(0, 1024), 0)
    num_tflite_interpreters_per_pool: int = flag("TF Serving's flag: interpreters in each pool", _few, 1)
    tflite_threads: int = flag("threads of each interpreter", _few, 1)

    log_format: str = flag("auto is text on a terminal, else json", str, "auto", choices=("auto", "json", "text"))

    # Flags that were given and mean nothing here, and what else about the command line should be said.
    ignored: tuple[str, ...]
    warnings: tuple[str, ...] = ()

    @property
    def load_retry_interval_seconds(self) -> float:
        """How long to wait between two attempts to load a version; a negative flag means no wait."""
        return max(0, self.load_retry_interval_micros) / 1e6

    @property
    def rest_api_timeout_seconds(self) -> float | None:
        """The time limit of one REST request; None is no limit."""
        return self.rest_api_timeout_in_ms / 1e3 if self.rest_api_timeout_in_ms > 0 else None

    @property
    def op_threads(self) -> tuple[int, int]:
        """The threads of one TensorFlow op, and how many ops run at once; 0 lets TensorFlow choose."""
        both = self.tensorflow_session_parallelism
        return self.tensorflow_intra_op_parallelism or both, self.tensorflow_inter_op_parallelism or both

    @property
    def interpreters(self) -> int:
        """How many requests run at once on one TFLite version."""
        pooled = self.num_tflite_pools * self.num_tflite_interpreters_per_pool
        return self.tflite_interpreters or pooled or DEFAULT_INTERPRETERS


DECLARED_FLAGS: Final[dict[str, ServerFlag]] = {
    field.name: field.metadata["flag"] for field in dataclasses.fields(ServerFlags) if field.metadata
}

# Flags of TF Serving that compose files carry and that change nothing here, with the reason.
IGNORED_FLAGS: Final = {
    "num_unload_threads": "the thread that answers a version's last request unloads it",
    "flush_filesystem_caches": "files are read once, as a whole",
    "tensorflow_session_config_file": "other flags set the number of threads",
    "platform_config_file": "the files in a version's folder decide what runs it",
    "per_process_gpu_memory_fraction": "no GPU is used",
    "remove_unused_fields_from_bundle_metagraph": "only the graph that runs stays in memory",
    "xla_cpu_compilation_enabled": "XLA is not used",
    "xla_gpu_compilation_enabled": "XLA is not used",
    "enable_profiler": "there is no profiler service",
    "thread_pool_factory_config_file": "other flags set the number of threads",
    "mixed_precision": "a model runs in the precision in which it was made",
    "skip_initialize_tpu": "no TPU is used",
    "use_saved_model": "only SavedModels and TFLite files are supported",
}
