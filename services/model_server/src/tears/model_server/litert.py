"""The back end that runs `model.tflite` on LiteRT."""

from __future__ import annotations

import logging
import queue
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from tears.model_server.dtypes import numpy_dtype
from tears.model_server.errors import DeadlineError, InferenceError, InvalidArgumentError, LoadError
from tears.model_server.litert_graphs import one_line, open_graphs
from tears.model_server.signatures import Signature, TensorSpec
from tears.model_server.tensors import Array
from tears.tfserving.v1 import tensor_pb2

logger = logging.getLogger(__name__)

MODEL_FILE: Final = "model.tflite"

# What the interpreter says of a graph that it has prepared and that does not like its numbers.
_FAILED_TO_INVOKE: Final = "failed to invoke"

# Characters of old complaints that an interpreter may carry along.
MAX_COMPLAINTS: Final = 16 * 1024


class _Worker:
    """One interpreter, for one thread at a time, and what it has complained of so far.

    LiteRT says with each failure all that ever failed on that interpreter again, so what is new is told from what is
    old, and an interpreter that has failed often is replaced.
    """

    def __init__(self, content: bytes, threads: int) -> None:
        self._content = content
        self._threads = threads
        self._graphs = open_graphs(content, threads)
        self._complaints = ""

    @property
    def signatures(self) -> dict[str, Signature]:
        return {name: graph.signature for name, graph in self._graphs.items()}

    def run(self, signature_name: str, inputs: Mapping[str, Array], outputs: Sequence[str]) -> dict[str, Array]:
        """Raises InferenceError with what is new of the interpreter's complaints."""
        try:
            return self._graphs[signature_name].run(inputs, outputs)
        except (ValueError, RuntimeError, MemoryError) as error:
            complaint = self._new_complaint(error)
        # Not chained: LiteRT's own error holds all that ever failed.
        raise InferenceError(complaint)

    def _new_complaint(self, error: Exception) -> str:
        said = str(error)
        is_continued = said.startswith(self._complaints)
        complaint = one_line(said[len(self._complaints) :] if is_continued else said)
        if is_continued:
            self._complaints = said
        if len(self._complaints) > MAX_COMPLAINTS:
            self._graphs = open_graphs(self._content, self._threads)
            self._complaints = ""
        return complaint or type(error).__name__


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
        self._idle: queue.LifoQueue[_Worker] = queue.LifoQueue()
        self._signatures: dict[str, Signature] = {}
        for _ in range(interpreters):
            worker = _Worker(content, threads)
            self._signatures = worker.signatures
            for name, signature in self._signatures.items():
                _try_on_zeros(worker, name, signature)
            self._idle.put(worker)

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
        """See `Servable.run`.

        Raises:
            InvalidArgumentError: The model does not take these shapes, and its file left that open.
        """
        try:
            worker = self._idle.get(timeout=timeout_seconds)
        except queue.Empty:
            raise DeadlineError("the deadline passed before an interpreter was free") from None
        try:
            return worker.run(signature_name, inputs, outputs)
        except InferenceError as error:
            _blame_shapes(inputs, self._signatures[signature_name], error)
            raise InferenceError(f"the model failed: {error}") from error
        finally:
            self._idle.put(worker)

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


def _try_on_zeros(worker: _Worker, name: str, signature: Signature) -> None:
    """Runs it once, each open size being 1."""
    zeros = {alias: _zeros(spec) for alias, spec in signature.inputs.items()}
    try:
        worker.run(name, zeros, list(signature.outputs))
    except (InferenceError, TypeError) as error:
        # A graph may have its reasons to refuse a zero, as one that divides by it has.
        if _FAILED_TO_INVOKE not in str(error):
            raise LoadError(f"LiteRT cannot run it: {error}") from error
        logger.warning("signature %s could not be tried on zeros: %s", name, error)


def _zeros(spec: TensorSpec) -> Array:
    """What an input is tried on; strings are empty."""
    shape = [1 if size == -1 else size for size in spec.shape or ()]
    return (
        np.full(shape, b"", object) if spec.dtype == tensor_pb2.DT_STRING else np.zeros(shape, numpy_dtype(spec.dtype))
    )


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
        raise InvalidArgumentError(f"input {', input '.join(strangers)}: {error}") from error
