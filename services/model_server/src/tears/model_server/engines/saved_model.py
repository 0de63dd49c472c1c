"""SavedModels: run by TensorFlow, which `tears-model-server[tensorflow]` installs, or only described without it."""

import functools
import importlib.util
import logging
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from google.protobuf.message import DecodeError

from tears.kit.memory import heap
from tears.model_server.engines.servable import Arrays
from tears.model_server.engines.tensorflow_operators import load_with_operators, message_of
from tears.model_server.errors import EngineError, FailedPreconditionError, InvalidArgumentError
from tears.model_server.wire.dtypes import numpy_dtype
from tears.model_server.wire.signatures import Signature, TensorSpec, signature_from_proto
from tears.model_server.wire.tensors import Array
from tears.tfserving.tensors import dtype_name
from tears.tfserving.v1 import metadata_pb2, saved_model_pb2

logger = logging.getLogger(__name__)

SAVED_MODEL_FILES: Final = ("saved_model.pb", "saved_model.pbtxt")
EXTRA: Final = "tears-model-server[tensorflow]"
# Weights usually lie in files of their own. A graph that holds them as constants takes twice its size to read.
MAX_DESCRIBED_BYTES: Final = 64 * 1024 * 1024

# The dtype of a TensorFlow 1 variable is the number of its elements' dtype plus this.
_REFERENCE_OFFSET: Final = 100

# How many runners are kept, each for a signature and a choice of its outputs: a filter may ask for any of many subsets.
_MAX_RUNNERS: Final = 64


@dataclass(frozen=True, slots=True)
class SessionOptions:
    """TensorFlow's options to run a model: the tags of the graph, and the threads; 0 lets TensorFlow choose."""

    tags: tuple[str, ...] = ("serve",)
    intra_op_threads: int = 0
    inter_op_threads: int = 0


def is_tensorflow_installed() -> bool:
    """Return whether TensorFlow is installed, without importing it."""
    try:
        return importlib.util.find_spec("tensorflow") is not None
    except ImportError:  # something blocks the import
        return False


@functools.cache
def import_tensorflow() -> tuple[Any, Any]:
    """Import TensorFlow once, and return it and its CallableOptions; raises ImportError if it is not installed."""
    # Without this TensorFlow writes to standard error how it was compiled.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import tensorflow as tf  # noqa: PLC0415 - an extra, and too heavy for a server that has no SavedModel
    from tensorflow.core.protobuf.config_pb2 import CallableOptions  # noqa: PLC0415 - likewise

    # Its modules are 200 000 objects, which every collection would look through: 0.3 s after each large request.
    heap.exclude_imports_from_collection()
    return tf, CallableOptions


class SavedModelServable:
    """A SavedModel in a session of its own.

    As in TF Serving, tensors are fed and fetched by the names in the signature. So models of TensorFlow 1 and 2 are
    treated alike, and the graph decides which shapes it accepts.
    """

    def __init__(self, folder: Path, options: SessionOptions) -> None:
        """Import TensorFlow, which takes seconds and 500 MiB the first time, and load the model.

        Raises:
            LoadError: TensorFlow cannot load the model; the message names the folder and what TensorFlow says.
            ImportError: TensorFlow is not installed.
        """
        tf, self._callable_options = import_tensorflow()
        self._tf = tf
        self._runner = functools.lru_cache(_MAX_RUNNERS)(self._make_runner)
        config = tf.compat.v1.ConfigProto(
            intra_op_parallelism_threads=options.intra_op_threads, inter_op_parallelism_threads=options.inter_op_threads
        )

        def load() -> tuple[Any, Any]:
            session = tf.compat.v1.Session(graph=tf.Graph(), config=config)
            try:
                return session, tf.compat.v1.saved_model.load(session, list(options.tags), str(folder))
            except Exception:
                session.close()
                raise

        self._session, graph = load_with_operators(load, str(folder))
        # As in TF Serving, the initialiser of a TensorFlow 2 model counts as a signature. TensorFlow's class and ours
        # have different names for the same message.
        self.signatures: Mapping[str, Signature] = {
            name: signature_from_proto(metadata_pb2.SignatureDef.FromString(definition.SerializeToString()))
            for name, definition in graph.signature_def.items()
        }
        self._warn_about_empty_variables(folder)

    def run(
        self, signature_name: str, inputs: Arrays, outputs: Sequence[str], *, timeout_seconds: float | None = None
    ) -> dict[str, Array]:
        """Compute the named outputs as `Servable.run` says. TensorFlow's errors keep their codes.

        The session's public methods refuse any shape other than the exported one, before the graph has seen it. TF
        Serving does not, and its own tests rely on that. So a private method of the session is called.
        """
        del timeout_seconds  # a session runs any number of requests at once
        signature = self.signatures[signature_name]
        dtypes = [_numpy_dtype(alias, signature.outputs[alias]) for alias in outputs]
        try:
            runner = self._runner(signature_name, tuple(outputs))
            results = runner(*(inputs[alias] for alias in signature.inputs))
        except self._tf.errors.OpError as error:
            raise EngineError(message_of(error), error.error_code) from error
        except (ValueError, TypeError, KeyError) as error:
            raise InvalidArgumentError(f"signature {signature_name} cannot be run: {message_of(error)}") from error
        return {alias: np.asarray(result, dtype) for alias, result, dtype in zip(outputs, results, dtypes, strict=True)}

    def close(self) -> None:
        """Close the session."""
        del self._runner  # it refers to this servable, which would outlive its last user until the next collection
        self._session.close()

    def _warn_about_empty_variables(self, folder: Path) -> None:
        """Warn now about what would fail at every request: signatures read variables that the file does not restore."""
        with self._session.graph.as_default() as graph:
            read = _variables_read(
                graph.as_graph_element(spec.name)
                for signature in self.signatures.values()
                for spec in signature.outputs.values()
            )
            tests = [self._tf.raw_ops.VarIsInitializedOp(resource=variable.outputs[0]) for variable in read]
            are_set = self._session.run(tests)
        empty = [variable.name for variable, is_set in zip(read, are_set, strict=True) if not is_set]
        if empty:
            logger.warning(
                "%s: nothing restores %s, and requests that read them will fail. A Keras 3 model is written for "
                "serving by model.export(), not by tf.saved_model.save()",
                folder,
                ", ".join(empty),
            )

    def _make_runner(self, name: str, outputs: tuple[str, ...]) -> Callable[..., Sequence[Any]]:
        """Return a function that computes these outputs from all inputs of a signature, in the signature's order."""
        signature = self.signatures[name]
        wanted = self._callable_options(
            feed=[spec.name for spec in signature.inputs.values()],
            fetch=[signature.outputs[alias].name for alias in outputs],
        )
        runner: Callable[..., Sequence[Any]] = self._session._make_callable_from_options(wanted)  # noqa: SLF001 - see run()
        return runner


class DescribedServable:
    """The signatures of a version that cannot run: GetModelMetadata is answered, everything else gets the reason."""

    def __init__(self, signatures: Mapping[str, Signature], reason: str) -> None:
        """Keep the signatures, and the reason why the version cannot run, with the cure."""
        self.signatures = signatures
        self._reason = reason

    def run(
        self, signature_name: str, inputs: Arrays, outputs: Sequence[str], *, timeout_seconds: float | None = None
    ) -> dict[str, Array]:
        """Refuse to compute.

        Raises:
            FailedPreconditionError: Always; it says what is missing.
        """
        del signature_name, inputs, outputs, timeout_seconds
        raise FailedPreconditionError(self._reason)

    def close(self) -> None:
        """Do nothing, because no engine holds memory."""


def describe_saved_model(folder: Path, tags: Sequence[str], reason: str) -> DescribedServable | None:
    """Return what `saved_model.pb` in a version's folder says about the graph with these tags.

    Returns:
        None if the file does not exist, cannot be read, is very large, or has no such graph.
    """
    path = folder / SAVED_MODEL_FILES[0]
    try:
        if path.stat().st_size > MAX_DESCRIBED_BYTES:
            return None
        parsed = saved_model_pb2.SavedModel.FromString(path.read_bytes())
    except (OSError, DecodeError) as error:
        logger.warning("%s cannot be read: %s", path, error)
        return None
    for graph in parsed.meta_graphs:
        if set(graph.meta_info_def.tags) == set(tags):
            found = {name: signature_from_proto(proto) for name, proto in graph.signature_def.items()}
            return DescribedServable(found, reason)
    return None


def _variables_read(outputs: Iterable[Any]) -> list[Any]:
    """Return the operations of the variables from which these tensors or operations are computed."""
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
    is_variable = spec.dtype > _REFERENCE_OFFSET
    try:
        return numpy_dtype(spec.dtype - _REFERENCE_OFFSET if is_variable else spec.dtype)
    except KeyError:
        raise InvalidArgumentError(f"output {alias} is {dtype_name(spec.dtype)}, which cannot be sent") from None
