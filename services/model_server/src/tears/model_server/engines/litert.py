"""The engine that runs `model.tflite` with LiteRT."""

import contextlib
import logging
import math
import queue
import threading
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from tears.model_server.engines.file_checks import check_head
from tears.model_server.engines.litert_graphs import open_graphs
from tears.model_server.engines.servable import Arrays
from tears.model_server.errors import DeadlineError, InferenceError, InvalidArgumentError, LoadError, one_line
from tears.model_server.wire.dtypes import numpy_dtype
from tears.model_server.wire.signatures import Signature, TensorSpec
from tears.model_server.wire.tensors import Array
from tears.tfserving.v1 import tensor_pb2

logger = logging.getLogger(__name__)

TFLITE_MODEL_FILE: Final = "model.tflite"

# Parts of the interpreter's messages about a prepared graph that fails on the values, about a graph that does not
# accept the shapes, and about a graph with ops that do not exist.
_FAILED_TO_INVOKE: Final = "failed to invoke"
_FAILED_TO_PREPARE: Final = "failed to prepare"
_LACKS_OPS: Final = ("unresolved custom op", "Select TensorFlow op")

# The values that are tried for open sizes, in this order: models of sound that cut it into frames need some samples.
_TRIED_SIZES: Final = (1, 16, 1024, 16_384)
_MAX_TRIED_ELEMENTS: Final = 1_000_000

# An input whose size the file leaves open makes the interpreter's memory grow, and that memory never shrinks. After an
# input above this limit the interpreter is replaced.
LARGE_INPUT_BYTES: Final = 4 * 1024 * 1024

# An interpreter whose old messages are longer than this, in characters, is replaced.
MAX_OLD_MESSAGES: Final = 16 * 1024

# How long after an interpreter could not be built a request may try again.
BUILD_AGAIN_SECONDS: Final = 60.0


class _ReplaceableInterpreter:
    """One interpreter for one thread at a time, replaced after large inputs and many failures.

    With each failure LiteRT repeats the messages of all earlier failures on that interpreter. The new message is what
    follows the old ones, and an interpreter that has failed often is replaced.
    """

    def __init__(self, content: bytes, threads: int) -> None:
        self._content = content
        self._threads = threads
        self._graphs = open_graphs(content, threads)
        self.signatures = {name: graph.signature for name, graph in self._graphs.items()}
        self._old_messages = ""

    def run(self, signature_name: str, inputs: Arrays, outputs: Sequence[str]) -> dict[str, Array]:
        """Compute the named outputs.

        Raises:
            InferenceError: The interpreter failed; the message is the new part of what it said.
        """
        try:
            return self._graphs[signature_name].run(inputs, outputs)
        except (ValueError, RuntimeError, MemoryError) as error:
            message = self._new_message(error)
        finally:
            if _makes_interpreter_grow(inputs, self.signatures[signature_name]):
                self._replace()
        # Not chained: LiteRT's own error holds the messages of all earlier failures.
        raise InferenceError(message)

    def _replace(self) -> None:
        try:
            self._graphs = open_graphs(self._content, self._threads)
        except LoadError as error:  # it could be opened before, so memory is short
            logger.warning("an interpreter could not be replaced, and stays in use: %s", error)
            return
        self._old_messages = ""

    def _new_message(self, error: Exception) -> str:
        text = str(error)
        message = one_line(text.removeprefix(self._old_messages))
        if text.startswith(self._old_messages):
            self._old_messages = text
        if len(self._old_messages) > MAX_OLD_MESSAGES:
            self._replace()
        return message or type(error).__name__


class LiteRTServable:
    """A TFLite model on a bounded number of interpreters, each of which runs one request at a time."""

    def __init__(self, content: bytes, *, interpreters: int, threads: int) -> None:
        """Build one interpreter and try each signature once on zeros, so that a bad model fails here.

        Another one is built when a request comes while all others are busy, at most so many of them: with one room
        the second one would take 8 MiB and never run.

        The file's content is kept and not mapped, so overwriting the file in place neither changes nor ends what is
        being served.

        Raises:
            LoadError: LiteRT cannot run the model, or a tensor has a dtype that TF Serving's API cannot carry.
        """
        # The interpreter that ran last is used next, because its memory is still in the processor's cache.
        self._idle: queue.LifoQueue[_ReplaceableInterpreter] = queue.LifoQueue()
        # Those in the file; a file without any has `serving_default`, with its tensors' own names.
        first = _ReplaceableInterpreter(content, threads)
        self.signatures: Mapping[str, Signature] = first.signatures
        for name, signature in self.signatures.items():
            _try_on_zeros(first, name, signature)
        self._idle.put(first)
        self._build = partial(_ReplaceableInterpreter, content, threads)
        self._may_be_built = threading.BoundedSemaphore(interpreters)
        self._may_be_built.acquire()
        self._build_failed_at_seconds = float("-inf")

    def run(
        self, signature_name: str, inputs: Arrays, outputs: Sequence[str], *, timeout_seconds: float | None = None
    ) -> dict[str, Array]:
        """Compute the named outputs as `Servable.run` says.

        Raises:
            InvalidArgumentError: The model does not accept these shapes, and its file leaves them open.
        """
        interpreter = self._take(timeout_seconds)
        try:
            return interpreter.run(signature_name, inputs, outputs)
        except InferenceError as error:
            _check_shapes(inputs, self.signatures[signature_name], error)
            raise InferenceError(f"the model failed: {error}") from error
        finally:
            self._idle.put(interpreter)

    def _take(self, timeout_seconds: float | None) -> _ReplaceableInterpreter:
        with contextlib.suppress(queue.Empty):
            return self._idle.get_nowait()
        is_hopeful = time.monotonic() - self._build_failed_at_seconds >= BUILD_AGAIN_SECONDS
        if is_hopeful and self._may_be_built.acquire(blocking=False):
            try:
                return self._build()
            except LoadError as error:  # the first one could be built, so memory is short
                self._build_failed_at_seconds = time.monotonic()
                self._may_be_built.release()
                logger.warning("no further interpreter can be built now, so requests wait: %s", error)
        try:
            return self._idle.get(timeout=timeout_seconds)
        except queue.Empty:
            raise DeadlineError("the deadline passed before an interpreter was free") from None

    def close(self) -> None:
        """Free the interpreters."""
        while not self._idle.empty():
            self._idle.get_nowait()


def load_tflite(folder: Path, *, interpreters: int, threads: int) -> LiteRTServable:
    """Load `model.tflite` from a version's folder.

    Raises:
        LoadError: The file does not exist, cannot be read, or LiteRT cannot run it.
    """
    path = folder / TFLITE_MODEL_FILE
    try:
        check_head(path)
        content = path.read_bytes()
    except FileNotFoundError:
        raise LoadError(f"{folder} has no {TFLITE_MODEL_FILE}") from None
    except OSError as error:
        raise LoadError(f"{path} cannot be read: {error.strerror}") from error
    try:
        return LiteRTServable(content, interpreters=interpreters, threads=threads)
    except LoadError as error:
        raise LoadError(f"{path}: {error}") from error


def _try_on_zeros(interpreter: _ReplaceableInterpreter, name: str, signature: Signature) -> None:
    """Run a signature once, with 1 for each open size, or with more if the graph needs more.

    Raises:
        LoadError: No request could be answered.
    """
    for size in _sizes_to_try(signature):
        zeros = {alias: _zeros(spec, size) for alias, spec in signature.inputs.items()}
        try:
            interpreter.run(name, zeros, list(signature.outputs))
        except (InferenceError, TypeError) as error:
            message = str(error)
        else:
            return
        lacks_ops = any(lack in message for lack in _LACKS_OPS)
        if lacks_ops or _FAILED_TO_PREPARE not in message:
            break
    # A graph may rightly refuse zeros, for example because it divides by them, or the sizes that were tried.
    is_refusal = _FAILED_TO_INVOKE in message or (
        _FAILED_TO_PREPARE in message and any(map(_is_open, signature.inputs.values()))
    )
    if lacks_ops or not is_refusal:
        raise LoadError(f"LiteRT cannot run it: {message}")
    logger.warning("signature %s could not be tried on zeros: %s", name, message)


def _sizes_to_try(signature: Signature) -> list[int]:
    """Return the values to try for open sizes, without those that would make an input large."""
    specs = signature.inputs.values()
    larger = _TRIED_SIZES[1:] if any(map(_is_open, specs)) else ()
    small = (size for size in larger if all(math.prod(_filled(spec, size)) <= _MAX_TRIED_ELEMENTS for spec in specs))
    return [1, *small]


def _is_open(spec: TensorSpec) -> bool:
    return -1 in (spec.shape or ())


def _zeros(spec: TensorSpec, size: int) -> Array:
    """Return zeros, or empty strings, with `size` for each open size."""
    shape = _filled(spec, size)
    is_string = spec.dtype == tensor_pb2.DT_STRING
    return np.full(shape, b"", object) if is_string else np.zeros(shape, numpy_dtype(spec.dtype))


def _makes_interpreter_grow(inputs: Arrays, signature: Signature) -> bool:
    """Return whether these inputs have made an interpreter much larger than other inputs need it to be."""
    return any(
        array.nbytes > LARGE_INPUT_BYTES and (_is_open(spec := signature.inputs[alias]) or not spec.fits(array.shape))
        for alias, array in inputs.items()
    )


def _filled(spec: TensorSpec, size: int) -> list[int]:
    return [size if known == -1 else known for known in spec.shape or ()]


def _check_shapes(inputs: Arrays, signature: Signature, error: Exception) -> None:
    """Raise an error about the shapes if the model failed on shapes that its file does not promise to accept.

    Raises:
        InvalidArgumentError: It names the inputs whose shapes differ from the file's and, if the graph could not be
            prepared for them, the inputs whose sizes the file leaves open.
    """
    is_unprepared = _FAILED_TO_PREPARE in str(error)
    suspects = [
        f"{alias} has shape {list(array.shape)}, the model {list(spec.shape or ())}"
        for alias, array in inputs.items()
        if not (spec := signature.inputs[alias]).fits(array.shape) or (is_unprepared and _is_open(spec))
    ]
    if suspects:
        raise InvalidArgumentError(f"input {', input '.join(suspects)}: {error}") from error
