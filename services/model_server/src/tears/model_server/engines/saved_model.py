"""The back end that runs a SavedModel with TensorFlow, which `tears-model-server[tensorflow]` installs."""

from __future__ import annotations

import importlib.util
import logging
import os
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from tears.model_server.errors import EngineError, InvalidArgumentError, LoadError
from tears.model_server.wire.dtypes import numpy_dtype
from tears.model_server.wire.signatures import Signature, TensorSpec, signature_from_proto
from tears.model_server.wire.tensors import Array
from tears.tfserving.tensors import dtype_name
from tears.tfserving.v1 import metadata_pb2

logger = logging.getLogger(__name__)

SAVED_MODEL_FILES: Final = ("saved_model.pb", "saved_model.pbtxt")
EXTRA: Final = "tears-model-server[tensorflow]"

# A variable of TensorFlow 1 has its dtype's number and this; what is read from it has the dtype itself.
_REFERENCE: Final = 100

# Runners kept, each for a signature and a choice of its outputs. A filter may ask for any subset of many outputs.
_MAX_RUNNERS: Final = 64


@dataclass(frozen=True, slots=True)
class SessionOptions:
    """How TensorFlow opens and runs a model: which graph by its tags, and how many threads (0: TensorFlow's choice)."""

    tags: tuple[str, ...] = ("serve",)
    intra_op_threads: int = 0
    inter_op_threads: int = 0


def is_tensorflow_installed() -> bool:
    """Whether the extra is there; does not import it."""
    try:
        return importlib.util.find_spec("tensorflow") is not None
    except ImportError:  # somebody keeps it from being imported
        return False


class SavedModelServable:
    """A SavedModel in a session of its own.

    As in TF Serving, what a signature names is fed and fetched by name, so models of TensorFlow 1 and 2 are alike,
    and the graph decides which shapes it takes.
    """

    def __init__(self, folder: Path, options: SessionOptions) -> None:
        """Imports TensorFlow, which takes seconds and 500 MiB the first time, and loads the model.

        Raises:
            LoadError: TensorFlow cannot load it; the message is TensorFlow's.
        """
        # Otherwise it tells standard error how it was compiled.
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
        import tensorflow as tf  # noqa: PLC0415 - an extra, and too heavy for a server that has no SavedModel
        from tensorflow.core.protobuf.config_pb2 import CallableOptions  # noqa: PLC0415 - likewise

        self._tf = tf
        self._callable_options = CallableOptions
        self._lock = threading.Lock()
        self._runners: dict[tuple[str, tuple[str, ...]], Callable[..., Sequence[Any]]] = {}
        config = tf.compat.v1.ConfigProto(
            intra_op_parallelism_threads=options.intra_op_threads, inter_op_parallelism_threads=options.inter_op_threads
        )
        self._session = tf.compat.v1.Session(graph=tf.Graph(), config=config)
        try:
            graph = tf.compat.v1.saved_model.load(self._session, list(options.tags), str(folder))
        except Exception as error:
            # TensorFlow raises half a dozen kinds here, by what is wrong with which file.
            self._session.close()
            raise LoadError(f"TensorFlow cannot load it: {_one_line(error)}") from error
        # TensorFlow's class and ours are one message on the wire, under two names.
        self._signatures = {
            name: signature_from_proto(metadata_pb2.SignatureDef.FromString(definition.SerializeToString()))
            for name, definition in graph.signature_def.items()
        }
        self._warn_of_empty_variables(folder)

    @property
    def signatures(self) -> Mapping[str, Signature]:
        """All that the file tells, the initialiser of a TensorFlow 2 model included, as TF Serving does."""
        return self._signatures

    def run(
        self,
        signature_name: str,
        inputs: Mapping[str, Array],
        outputs: Sequence[str],
        *,
        timeout_seconds: float | None = None,  # noqa: ARG002 - sessions run any number of requests at once
    ) -> dict[str, Array]:
        """See `Servable.run`. TensorFlow's own errors keep their codes.

        The session's public methods refuse a shape that is not the exported one before the graph has seen it; TF
        Serving does not, and its own tests rely on that. So the method below those is called.
        """
        signature = self._signatures[signature_name]
        dtypes = [_numpy_dtype(alias, signature.outputs[alias]) for alias in outputs]
        try:
            runner = self._runner(signature_name, tuple(outputs))
            results = runner(*(inputs[alias] for alias in signature.inputs))
        except self._tf.errors.OpError as error:
            raise EngineError(_one_line(error), error.error_code) from error
        except (ValueError, TypeError, KeyError) as error:
            raise InvalidArgumentError(f"signature {signature_name} cannot be run: {_one_line(error)}") from error
        return {alias: np.asarray(result, dtype) for alias, result, dtype in zip(outputs, results, dtypes, strict=True)}

    def close(self) -> None:
        """See `Servable.close`."""
        self._runners.clear()
        self._session.close()

    def _warn_of_empty_variables(self, folder: Path) -> None:
        """Says at once what would fail at each request: a signature reads a variable that the file does not restore."""
        with self._session.graph.as_default() as graph:
            read = _variables_read(
                graph.as_graph_element(spec.name)
                for signature in self._signatures.values()
                for spec in signature.outputs.values()
            )
            tests = [self._tf.raw_ops.VarIsInitializedOp(resource=variable.outputs[0]) for variable in read]
            is_set = self._session.run(tests)
        empty = [variable.name for variable, is_one_set in zip(read, is_set, strict=True) if not is_one_set]
        if empty:
            logger.warning(
                "%s: nothing restores %s, and requests that read them will fail. A Keras 3 model is written for "
                "serving by model.export(), not by tf.saved_model.save()",
                folder,
                ", ".join(empty),
            )

    def _runner(self, name: str, outputs: tuple[str, ...]) -> Callable[..., Sequence[Any]]:
        """What computes these outputs of a signature, given all of its inputs in the signature's order."""
        with self._lock:
            runner = self._runners.get((name, outputs))
            if runner is None:
                signature = self._signatures[name]
                if len(self._runners) >= _MAX_RUNNERS:
                    self._runners.clear()
                wanted = self._callable_options(
                    feed=[spec.name for spec in signature.inputs.values()],
                    fetch=[signature.outputs[alias].name for alias in outputs],
                )
                runner = self._session._make_callable_from_options(wanted)  # noqa: SLF001 - see run()
                self._runners[name, outputs] = runner
            return runner


def load_saved_model(folder: Path, options: SessionOptions) -> SavedModelServable:
    """Loads the SavedModel in a version's folder.

    Raises:
        LoadError: TensorFlow cannot load it.
        ImportError: It is not installed.
    """
    try:
        return SavedModelServable(folder, options)
    except LoadError as error:
        raise LoadError(f"{folder}: {error}") from error


def _variables_read(outputs: Iterable[Any]) -> list[Any]:
    """The operations of the variables that these tensors or operations are computed from."""
    waiting = [getattr(output, "op", output) for output in outputs]
    seen = set(waiting)
    found = []
    while waiting:
        operation = waiting.pop()
        if operation.type == "VarHandleOp":
            found.append(operation)
        before = {tensor.op for tensor in operation.inputs} | set(operation.control_inputs)
        waiting.extend(before - seen)
        seen |= before
    return found


def _numpy_dtype(alias: str, spec: TensorSpec) -> np.dtype[Any]:
    is_variable = spec.dtype > _REFERENCE
    try:
        return numpy_dtype(spec.dtype - _REFERENCE if is_variable else spec.dtype)
    except KeyError:
        raise InvalidArgumentError(f"output {alias} is {dtype_name(spec.dtype)}, which cannot be sent") from None


def _one_line(error: Exception) -> str:
    return " ".join(str(getattr(error, "message", error)).split())
