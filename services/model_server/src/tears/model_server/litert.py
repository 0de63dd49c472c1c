"""The back end that runs `model.tflite` on LiteRT."""

from __future__ import annotations

import logging
import queue
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from tears.model_server.dtypes import numpy_dtype
from tears.model_server.errors import DeadlineError, InferenceError, InvalidArgumentError, LoadError
from tears.model_server.litert_graphs import Graph, one_line, open_graphs
from tears.model_server.servable import Loader
from tears.model_server.signatures import Signature
from tears.model_server.tensors import Array
from tears.tfserving.v1 import tensor_pb2

logger = logging.getLogger(__name__)

MODEL_FILE: Final = "model.tflite"

# What the interpreter says of a graph that it has prepared and that does not like its numbers.
_FAILED_TO_INVOKE: Final = "failed to invoke"


class LiteRTServable:
    """A TFLite model on a fixed number of interpreters, each of which serves one request at a time."""

    def __init__(self, content: bytes, *, interpreters: int, threads: int) -> None:
        """Builds the interpreters and tries each signature once on zeros, so that the first request is no test.

        Args:
            content: The file. It is kept, not mapped: a file that is overwritten in place must not change, or
                end, what is being served.
            interpreters: How many requests run at once.
            threads: Of each interpreter.

        Raises:
            LoadError: LiteRT cannot run it, or a tensor has a dtype that TF Serving's API cannot carry.
        """
        # The one that ran last is the next: its memory is still near the processor.
        self._idle: queue.LifoQueue[Mapping[str, Graph]] = queue.LifoQueue()
        self._signatures: dict[str, Signature] = {}
        for _ in range(interpreters):
            graphs = open_graphs(content, threads)
            for name, graph in graphs.items():
                _try_on_zeros(name, graph)
            self._signatures = {name: graph.signature for name, graph in graphs.items()}
            self._idle.put(graphs)

    @property
    def signatures(self) -> Mapping[str, Signature]:
        """The signatures in the file; a file without any has `serving_default`, with its tensors' own names."""
        return self._signatures

    def run(
        self,
        signature_name: str,
        inputs: Mapping[str, Array],
        outputs: Sequence[str],
        *,
        timeout_seconds: float | None = None,
    ) -> dict[str, Array]:
        """See `Servable.run`."""
        try:
            graphs = self._idle.get(timeout=timeout_seconds)
        except queue.Empty:
            raise DeadlineError("the deadline passed before an interpreter was free") from None
        try:
            return graphs[signature_name].run(inputs, outputs)
        except (ValueError, RuntimeError, MemoryError) as error:
            _blame_shapes(inputs, self._signatures[signature_name], error)
            raise InferenceError(f"the model failed: {one_line(error)}") from error
        finally:
            self._idle.put(graphs)

    def close(self) -> None:
        """See `Servable.close`."""
        while not self._idle.empty():
            self._idle.get_nowait()


def load_tflite(folder: Path, *, interpreters: int, threads: int) -> LiteRTServable:
    """Loads `model.tflite` from a version's folder.

    Raises:
        LoadError: It is not there, cannot be read, or LiteRT cannot run it.
    """
    path = folder / MODEL_FILE
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise LoadError(f"{folder} has no {MODEL_FILE}") from None
    except OSError as error:
        raise LoadError(f"{path} cannot be read: {error.strerror}") from error
    if not content:
        raise LoadError(f"{path} is empty")
    try:
        return LiteRTServable(content, interpreters=interpreters, threads=threads)
    except LoadError as error:
        raise LoadError(f"{path}: {error}") from error


def litert_loader(*, interpreters: int, threads: int) -> Loader:
    """Loads `model.tflite` and nothing else."""
    return partial(load_tflite, interpreters=interpreters, threads=threads)


def _try_on_zeros(name: str, graph: Graph) -> None:
    """Runs it once, each open size being 1; not where it wants strings, which have no zero that means anything."""
    inputs = graph.signature.inputs
    if any(spec.dtype == tensor_pb2.DT_STRING for spec in inputs.values()):
        return
    zeros = {
        alias: np.zeros([1 if size == -1 else size for size in spec.shape or ()], numpy_dtype(spec.dtype))
        for alias, spec in inputs.items()
    }
    try:
        graph.run(zeros, list(graph.signature.outputs))
    except (ValueError, RuntimeError, TypeError, MemoryError) as error:
        # A graph may have its reasons to refuse a zero, as one that divides by it has.
        if _FAILED_TO_INVOKE not in str(error):
            raise LoadError(f"LiteRT cannot run it: {one_line(error)}") from error
        logger.warning("signature %s could not be tried on zeros: %s", name, one_line(error))


def _blame_shapes(inputs: Mapping[str, Array], signature: Signature, error: Exception) -> None:
    """Raises where the model was tried on shapes that it never promised to take, and did not like them.

    Raises:
        InvalidArgumentError: Names the inputs whose shapes are not those of the file.
    """
    strangers = [
        f"{alias} has shape {list(array.shape)}, the model {list(spec.shape or ())}"
        for alias, array in inputs.items()
        if not (spec := signature.inputs[alias]).binds_shape and not spec.fits(array.shape)
    ]
    if strangers:
        raise InvalidArgumentError(f"input {', input '.join(strangers)}: {one_line(error)}") from error
