"""The back end that runs `model.tflite` on LiteRT."""

from __future__ import annotations

import logging
import math
import queue
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from tears.model_server.engines.litert_graphs import one_line, open_graphs
from tears.model_server.errors import DeadlineError, InferenceError, InvalidArgumentError, LoadError
from tears.model_server.wire.dtypes import numpy_dtype
from tears.model_server.wire.signatures import Signature, TensorSpec
from tears.model_server.wire.tensors import Array
from tears.tfserving.v1 import tensor_pb2

logger = logging.getLogger(__name__)

TFLITE_FILE: Final = "model.tflite"

# What the interpreter says of a graph that it has prepared and that does not like its numbers, of one that does not
# like its shapes, and of one with ops that are not there.
_FAILED_TO_INVOKE: Final = "failed to invoke"
_FAILED_TO_PREPARE: Final = "failed to prepare"
_LACKS_OPS: Final = ("unresolved custom op", "Select TensorFlow op")

# What an open size is tried with, in turn: models of sound that cut it into frames need some samples.
_TRIED_SIZES: Final = (1, 16, 1024, 16_384)
_MAX_TRIED_ELEMENTS: Final = 1_000_000

# Of an input whose size the file leaves open. The memory that an interpreter has grown by it never shrinks.
LARGE_BYTES: Final = 4 * 1024 * 1024

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
        finally:
            if _grows_by(inputs, self._graphs[signature_name].signature):
                self._reopen()
        # Not chained: LiteRT's own error holds all that ever failed.
        raise InferenceError(complaint)

    def _reopen(self) -> None:
        try:
            self._graphs = open_graphs(self._content, self._threads)
        except LoadError as error:  # it could be opened before: memory is short
            logger.warning("an interpreter could not be replaced, and goes on: %s", error)
            return
        self._complaints = ""

    def _new_complaint(self, error: Exception) -> str:
        said = str(error)
        is_continued = said.startswith(self._complaints)
        complaint = one_line(said[len(self._complaints) :] if is_continued else said)
        if is_continued:
            self._complaints = said
        if len(self._complaints) > MAX_COMPLAINTS:
            self._reopen()
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
            InvalidArgumentError: The model does not take these shapes, and its file left them open.
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
    path = folder / TFLITE_FILE
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise LoadError(f"{folder} has no {TFLITE_FILE}") from None
    except OSError as error:
        raise LoadError(f"{path} cannot be read: {error.strerror}") from error
    if not content:
        raise LoadError(f"{path} is empty")
    try:
        return LiteRTServable(content, interpreters=interpreters, threads=threads)
    except LoadError as error:
        raise LoadError(f"{path}: {error}") from error


def _try_on_zeros(worker: _Worker, name: str, signature: Signature) -> None:
    """Runs it once, each open size being 1, or more where the graph needs more.

    Raises:
        LoadError: No request could be answered.
    """
    for size in _sizes_to_try(signature):
        zeros = {alias: _zeros(spec, size) for alias, spec in signature.inputs.items()}
        try:
            worker.run(name, zeros, list(signature.outputs))
        except (InferenceError, TypeError) as error:
            complaint = str(error)
        else:
            return
        lacks_ops = any(lack in complaint for lack in _LACKS_OPS)
        if lacks_ops or _FAILED_TO_PREPARE not in complaint:
            break
    # A graph may have its reasons to refuse a zero, as one that divides by it has, or the sizes that were tried.
    is_refusal = _FAILED_TO_INVOKE in complaint or (
        _FAILED_TO_PREPARE in complaint and any(map(_is_open, signature.inputs.values()))
    )
    if lacks_ops or not is_refusal:
        raise LoadError(f"LiteRT cannot run it: {complaint}")
    logger.warning("signature %s could not be tried on zeros: %s", name, complaint)


def _sizes_to_try(signature: Signature) -> list[int]:
    """For the open sizes, if there are any; those that would make an input large are left out."""
    shapes = [spec.shape or () for spec in signature.inputs.values()]
    if not any(map(_is_open, signature.inputs.values())):
        return [1]
    elements = {size: max(math.prod(_filled(shape, size)) for shape in shapes) for size in _TRIED_SIZES}
    return [size for size in _TRIED_SIZES if size == 1 or elements[size] <= _MAX_TRIED_ELEMENTS]


def _is_open(spec: TensorSpec) -> bool:
    return -1 in (spec.shape or ())


def _zeros(spec: TensorSpec, size: int) -> Array:
    """What an input is tried on, each open size being `size`; strings are empty."""
    shape = _filled(spec.shape or (), size)
    return (
        np.full(shape, b"", object) if spec.dtype == tensor_pb2.DT_STRING else np.zeros(shape, numpy_dtype(spec.dtype))
    )


def _grows_by(inputs: Mapping[str, Array], signature: Signature) -> bool:
    """Whether an interpreter has become much larger by these inputs than it needs to be for others."""
    return any(
        array.nbytes > LARGE_BYTES and (_is_open(spec := signature.inputs[alias]) or not spec.fits(array.shape))
        for alias, array in inputs.items()
    )


def _filled(shape: Sequence[int], size: int) -> list[int]:
    return [size if known == -1 else known for known in shape]


def _blame_shapes(inputs: Mapping[str, Array], signature: Signature, error: Exception) -> None:
    """Raises where the model was tried on shapes that it never promised to take, and did not like them.

    Raises:
        InvalidArgumentError: Names the inputs whose shapes are not those of the file, or, where the graph could not be
            prepared for them, those whose sizes the file leaves open.
    """
    is_unprepared = _FAILED_TO_PREPARE in str(error)
    strangers = [
        f"{alias} has shape {list(array.shape)}, the model {list(spec.shape or ())}"
        for alias, array in inputs.items()
        if (not (spec := signature.inputs[alias]).binds_shape and not spec.fits(array.shape))
        or (is_unprepared and _is_open(spec))
    ]
    if strangers:
        raise InvalidArgumentError(f"input {', input '.join(strangers)}: {error}") from error
