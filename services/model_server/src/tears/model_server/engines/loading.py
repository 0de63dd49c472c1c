"""Which back end runs a version, by what lies in its folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tears.model_server.command.flags import Flags
from tears.model_server.engines.description import describe_saved_model
from tears.model_server.engines.litert import MODEL_FILE, load_tflite
from tears.model_server.engines.saved_model import (
    EXTRA,
    MODEL_FILES,
    SessionOptions,
    is_tensorflow_installed,
    load_saved_model,
)
from tears.model_server.engines.servable import Loader, Servable
from tears.model_server.errors import LoadError, NotRunnableError


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """How versions are run.

    Attributes:
        interpreters: requests that one TFLite version runs at once.
        threads: of each interpreter.
        prefers_tflite: of a folder that holds both. Where not, the SavedModel is run if TensorFlow is installed.
        session: for SavedModels.
    """

    interpreters: int = 2
    threads: int = 1
    prefers_tflite: bool = True
    session: SessionOptions = field(default_factory=SessionOptions)


def version_loader(options: EngineOptions, wrap: Callable[[Path, Servable], Servable] | None = None) -> Loader:
    """A loader of version folders: `model.tflite` on LiteRT, or else a SavedModel with TensorFlow.

    Args:
        options: How versions are run.
        wrap: Given the folder and what was loaded from it, returns what is to serve, such as a batching queue.
    """

    def load(folder: Path) -> Servable:
        servable = _load(folder, options)
        return wrap(folder, servable) if wrap else servable

    return load


def loader_for(flags: Flags) -> Loader:
    """The loader that the command line asks for.

    Raises:
        ConfigError: The file of batching parameters is bad.
    """
    session = SessionOptions(
        flags.saved_model_tags, flags.tensorflow_intra_op_parallelism, flags.tensorflow_inter_op_parallelism
    )
    options = EngineOptions(flags.tflite_interpreters, flags.tflite_threads, flags.prefer_tflite_model, session)
    if not flags.enable_batching:
        return version_loader(options)
    # Not in memory where nobody asks for it.
    from tears.model_server.batching.batching import batching_wrapper  # noqa: PLC0415 - see above
    from tears.model_server.batching.batching_parameters import read_batching_file  # noqa: PLC0415 - likewise

    batching = read_batching_file(flags.batching_parameters_file)
    return version_loader(options, batching_wrapper(batching, per_model=flags.enable_per_model_batching_parameters))


def _load(folder: Path, options: EngineOptions) -> Servable:
    has_tflite = (folder / MODEL_FILE).exists()
    has_saved_model = any((folder / name).exists() for name in MODEL_FILES)
    if not has_tflite and not has_saved_model:
        raise LoadError(f"{folder} has no {MODEL_FILE} and no {MODEL_FILES[0]}")
    can_run_saved_model = has_saved_model and is_tensorflow_installed()
    if has_tflite and (options.prefers_tflite or not can_run_saved_model):
        return load_tflite(folder, interpreters=options.interpreters, threads=options.threads)
    if not can_run_saved_model:
        raise _not_runnable(folder, options, "is not installed")
    try:
        return load_saved_model(folder, options.session)
    except ImportError as error:
        raise _not_runnable(folder, options, f"cannot be imported ({error})") from error


def _not_runnable(folder: Path, options: EngineOptions, what_is_wrong: str) -> NotRunnableError:
    reason = (
        f"{folder} holds a SavedModel and no {MODEL_FILE}, and TensorFlow {what_is_wrong}: "
        f"pip install '{EXTRA}', or convert the model to TFLite"
    )
    return NotRunnableError(reason, describe_saved_model(folder, options.session.tags, reason))
