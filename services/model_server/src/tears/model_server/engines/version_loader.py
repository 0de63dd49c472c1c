"""Choose the engine for a version by the files in its folder, and load it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tears.model_server.engines.checksums import check_files
from tears.model_server.engines.file_checks import check_kinds, check_sizes
from tears.model_server.engines.litert import TFLITE_MODEL_FILE, load_tflite
from tears.model_server.engines.saved_model import (
    EXTRA,
    SAVED_MODEL_FILES,
    SavedModelServable,
    SessionOptions,
    describe_saved_model,
    is_tensorflow_installed,
)
from tears.model_server.engines.servable import NotRunnableError, Servable
from tears.model_server.errors import LoadError
from tears.model_server.memory_limits import available_memory_bytes

# The part of the memory that a model may have: LiteRT holds the file, and its weights again in the form in which
# it computes; TensorFlow holds the weights, and reads them in parts.
TFLITE_MEMORY_SHARE: Final = 3
SAVED_MODEL_MEMORY_SHARE: Final = 2


@dataclass(frozen=True, slots=True)
class VersionLoader:
    """Load version folders: `model.tflite` with LiteRT, or else a SavedModel with TensorFlow.

    Attributes:
        interpreters: How many requests one TFLite version runs at once, at most.
        threads: How many threads each interpreter has.
        prefers_tflite: Whether LiteRT runs a folder that holds both formats. If not, TensorFlow does, provided that it
            is installed.
        session: The options for SavedModels.
        memory_bytes: The memory of this machine or container, for which a model must not be too large.
    """

    interpreters: int = 2
    threads: int = 1
    prefers_tflite: bool = True
    session: SessionOptions = field(default_factory=SessionOptions)
    memory_bytes: int = field(default_factory=available_memory_bytes)

    def __call__(self, folder: Path) -> Servable:
        """Load one version.

        Raises:
            LoadError: The folder holds no model, or its model cannot be loaded.
            DataLossError: A file is not the one that was exported.
            NotRunnableError: The folder holds a SavedModel, and TensorFlow is not installed.
        """
        has_tflite = (folder / TFLITE_MODEL_FILE).exists()
        has_saved_model = any((folder / name).exists() for name in SAVED_MODEL_FILES)
        if not has_tflite and not has_saved_model:
            raise LoadError(f"{folder} has no {TFLITE_MODEL_FILE} and no {SAVED_MODEL_FILES[0]}")
        can_run_saved_model = has_saved_model and is_tensorflow_installed()
        runs_tflite = has_tflite and (self.prefers_tflite or not can_run_saved_model)
        # Files of the wrong kind or size first: to read them would block or end the process.
        check_kinds(folder)
        if runs_tflite:
            check_sizes([folder / TFLITE_MODEL_FILE], self.memory_bytes // TFLITE_MEMORY_SHARE)
        elif can_run_saved_model:
            check_sizes(folder.rglob("*"), self.memory_bytes // SAVED_MODEL_MEMORY_SHARE)
        check_files(folder)
        if runs_tflite:
            return load_tflite(folder, interpreters=self.interpreters, threads=self.threads)
        if not can_run_saved_model:
            raise self._not_runnable(folder, "is not installed")
        try:
            return SavedModelServable(folder, self.session)
        except ImportError as error:
            raise self._not_runnable(folder, f"cannot be imported ({error})") from error

    def _not_runnable(self, folder: Path, problem: str) -> NotRunnableError:
        reason = (
            f"{folder} holds a SavedModel and no {TFLITE_MODEL_FILE}, and TensorFlow {problem}: "
            f"pip install '{EXTRA}', or convert the model to TFLite"
        )
        return NotRunnableError(reason, describe_saved_model(folder, self.session.tags, reason))
