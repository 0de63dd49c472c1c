"""Read and check TF Serving's BatchingParameters, which say how requests are batched."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from google.protobuf.wrappers_pb2 import Int64Value

from tears.model_server.config_text import read_config_text
from tears.model_server.errors import ConfigError
from tears.tfserving.v1.batching_pb2 import BatchingParameters

PER_MODEL_FILE: Final = "batching_params.pbtxt"
MAX_BATCHING_FILE_BYTES: Final = 64 * 1024
MAX_BATCH_THREADS: Final = 256


@dataclass(frozen=True, slots=True)
class BatchingOptions:
    """BatchingParameters, with TF Serving's defaults for what is left out.

    Attributes:
        max_batch_size: The most rows that one request may have.
        max_execution_batch_size: The most rows that are computed at once. It differs only if larger requests are split.
        timeout_seconds: How long a batch that is not full waits for more rows while a thread is free.
        max_enqueued_batches: How many batches of one signature may wait.
        threads: How many batches, of all models together, are computed at once.
        allowed_batch_sizes: The sizes to which batches are filled up, in rising order; empty allows any size.
        pads_variable_length: Whether sizes other than the first are padded to the largest in the batch.
        splits_large: Whether requests above `max_execution_batch_size` are computed in parts.
    """

    max_batch_size: int = 1000
    max_execution_batch_size: int = 1000
    timeout_seconds: float = 0.0
    max_enqueued_batches: int = 10
    threads: int = 1
    allowed_batch_sizes: Sequence[int] = ()
    pads_variable_length: bool = False
    splits_large: bool = False

    def allowed_size(self, size: int) -> int:
        """Return the size to which a batch of `size` rows is filled up."""
        return next((allowed for allowed in self.allowed_batch_sizes if allowed >= size), size)


def read_batching_file(path: Path | None) -> BatchingOptions:
    """Return the options in a text file, or the defaults if there is no file.

    Raises:
        ConfigError: The file cannot be read or parsed, or a number in it makes no sense; the message names the file.
    """
    parameters = BatchingParameters()
    if path:
        read_config_text(path, parameters, limit_bytes=MAX_BATCHING_FILE_BYTES)
    try:
        return _checked(parameters)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error


def _checked(parameters: BatchingParameters) -> BatchingOptions:
    """Return the parameters as options; the wording of the check of the last allowed size is TF Serving's."""
    default = BatchingOptions()
    splits = parameters.enable_large_batch_splitting.value
    max_batch_size = _number(parameters, "max_batch_size", default.max_batch_size, 1)
    max_execution = _number(parameters, "max_execution_batch_size", max_batch_size, 1) if splits else max_batch_size
    if max_execution > max_batch_size:
        raise ConfigError(f"max_execution_batch_size {max_execution} is above max_batch_size {max_batch_size}")
    allowed = list(parameters.allowed_batch_sizes)
    if allowed != sorted(set(allowed)) or (allowed and allowed[0] < 1):
        raise ConfigError(f"allowed_batch_sizes {allowed} must rise, from 1 or more")
    if allowed and allowed[-1] != max_execution:
        raise ConfigError(
            "Last entry in allowed_batch_sizes must match max_batch_size; last "
            f"entry was {allowed[-1]}; expected {max_execution}"
        )
    threads = _number(parameters, "num_batch_threads", os.cpu_count() or 1, 1)
    if threads > MAX_BATCH_THREADS:
        raise ConfigError(f"num_batch_threads is {threads}; it must be at most {MAX_BATCH_THREADS}")
    return BatchingOptions(
        max_batch_size=max_batch_size,
        max_execution_batch_size=max_execution,
        timeout_seconds=_number(parameters, "batch_timeout_micros", 0, 0) / 1e6,
        max_enqueued_batches=_number(parameters, "max_enqueued_batches", default.max_enqueued_batches, 1),
        threads=threads,
        allowed_batch_sizes=tuple(allowed),
        pads_variable_length=parameters.pad_variable_length_inputs,
        splits_large=splits,
    )


def _number(parameters: BatchingParameters, name: str, default: int, least: int) -> int:
    if not parameters.HasField(name):
        return default
    wrapped: Int64Value = getattr(parameters, name)
    if wrapped.value < least:
        raise ConfigError(f"{name} is {wrapped.value}; it must be at least {least}")
    return wrapped.value
