"""Check that the trainer's optional packages are installed, and load TensorFlow without its own log lines."""

import importlib.util
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from tears.own_data.scoring.native_silence import native_silence
from tears.trainer.errors import MissingTensorFlowError

# From the extra "training"; its other packages come with these.
TRAINING_PACKAGES: Final = ("tensorflow", "tensorflow_serving", "matplotlib", "rich")


def require_packages(arguments: Sequence[str]) -> None:
    """Require the trainer's packages, unless the command line asks for help only.

    Raises:
        MissingTensorFlowError: One is not installed.
    """
    missing = [name for name in TRAINING_PACKAGES if importlib.util.find_spec(name) is None]
    if missing and not {"-h", "--help"} & set(arguments):
        raise MissingTensorFlowError(
            f"{'TensorFlow' if 'tensorflow' in missing else ', '.join(missing)} is not installed; "
            "install the trainer's packages with: uv sync --inexact --extra training"
        )


@contextmanager
def loading_tensorflow(*, is_verbose: bool = False) -> Iterator[None]:
    """Import modules that need TensorFlow in this block; it keeps TensorFlow's own lines away from stderr.

    Args:
        is_verbose: Whether to print those lines after all.
    """
    # TensorFlow reads the variable when it is loaded.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "0" if is_verbose else "3")
    if is_verbose:
        yield
        return
    with native_silence():
        yield
