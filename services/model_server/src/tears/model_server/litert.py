"""The back end that runs `model.tflite` on LiteRT."""

from __future__ import annotations

import queue
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from tears.model_server.dtypes import data_type_of, numpy_dtype
from tears.model_server.errors import DeadlineError, InferenceError, LoadError
from tears.model_server.servable import Loader
from tears.model_server.signatures import Signature, TensorSpec
from tears.model_server.tensors import Array
from tears.tfserving.signatures import DEFAULT_SIGNATURE
from tears.tfserving.v1 import tensor_pb2

MODEL_FILE: Final = "model.tflite"

# Inputs by name in, all outputs by name out.
Runner = Callable[..., dict[str, Array]]


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
        self._idle: queue.LifoQueue[Mapping[str, Runner]] = queue.LifoQueue()
        self._signatures: dict[str, Signature] = {}
        for _ in range(interpreters):
            try:
                interpreter = Interpreter(model_content=content, num_threads=threads)
                runners, self._signatures = _open(interpreter)
                for name, signature in self._signatures.items():
                    _try_on_zeros(runners[name], signature)
            except (ValueError, RuntimeError, TypeError) as error:
                raise LoadError(f"LiteRT cannot run it: {_one_line(error)}") from error
            self._idle.put(runners)

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
            runners = self._idle.get(timeout=timeout_seconds)
        except queue.Empty:
            raise DeadlineError("the deadline passed before an interpreter was free") from None
        try:
            results = runners[signature_name](**inputs)
        except (ValueError, RuntimeError) as error:
            raise InferenceError(f"the model failed: {_one_line(error)}") from error
        finally:
            self._idle.put(runners)
        return {name: results[name] for name in outputs}

    def close(self) -> None:
        """See `Servable.close`."""
        while not self._idle.empty():
            self._idle.get_nowait()


def litert_loader(*, interpreters: int, threads: int) -> Loader:
    """Loads `model.tflite` from a version's folder."""

    def load(folder: Path) -> LiteRTServable:
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

    return load


def _open(interpreter: Interpreter) -> tuple[dict[str, Runner], dict[str, Signature]]:
    """The runner and the description of each signature."""
    runners: dict[str, Runner] = {}
    signatures: dict[str, Signature] = {}
    for name in interpreter.get_signature_list():
        runner = interpreter.get_signature_runner(name)
        runners[name] = runner
        signatures[name] = Signature(_specs(runner.get_input_details()), _specs(runner.get_output_details()))
    if not runners:
        inputs = {detail["name"]: detail for detail in interpreter.get_input_details()}
        outputs = {detail["name"]: detail for detail in interpreter.get_output_details()}
        indices = {name: detail["index"] for name, detail in outputs.items()}
        runners[DEFAULT_SIGNATURE] = partial(
            _run_primary_graph, interpreter, {name: detail["index"] for name, detail in inputs.items()}, indices
        )
        signatures[DEFAULT_SIGNATURE] = Signature(_specs(inputs), _specs(outputs))
    return runners, signatures


def _run_primary_graph(
    interpreter: Interpreter, inputs: Mapping[str, int], outputs: Mapping[str, int], /, **arrays: Array
) -> dict[str, Array]:
    """What a signature runner does, for a file that has no signatures."""
    for name, array in arrays.items():
        interpreter.resize_tensor_input(inputs[name], array.shape)
    interpreter.allocate_tensors()
    for name, array in arrays.items():
        interpreter.set_tensor(inputs[name], array)
    interpreter.invoke()
    return {name: interpreter.get_tensor(index) for name, index in outputs.items()}


def _specs(details: Mapping[str, Mapping[str, Any]]) -> dict[str, TensorSpec]:
    specs = {}
    for name, detail in details.items():
        try:
            dtype = data_type_of(detail["dtype"])
        except KeyError:
            raise LoadError(f"tensor {name} has dtype {detail['dtype'].__name__}, which cannot be served") from None
        specs[name] = TensorSpec(detail["name"], dtype, tuple(detail["shape_signature"].tolist()))
    return specs


def _try_on_zeros(runner: Runner, signature: Signature) -> None:
    """Runs it once, each open size being 1; not where it wants strings, which have no zero that means anything."""
    if any(spec.dtype == tensor_pb2.DT_STRING for spec in signature.inputs.values()):
        return
    runner(
        **{
            name: np.zeros([1 if size == -1 else size for size in spec.shape or ()], numpy_dtype(spec.dtype))
            for name, spec in signature.inputs.items()
        }
    )


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
