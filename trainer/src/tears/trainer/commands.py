"""The two commands of `tears-train`: to train a network, and to adapt the shipped model. Both need TensorFlow."""

import importlib.util
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tears.own_data.scoring.native_silence import native_silence
from tears.trainer.errors import MissingTensorFlowError
from tears.trainer.fine_tuning.preparation import plan_fine_tuning
from tears.trainer.speech_commands.flags import parse_trainer_flags

FINE_TUNE_FLAGS: Final = ("--fine_tune", "--fine-tune")
# From the extra "training"; its other packages come with these.
TRAINING_PACKAGES: Final = ("tensorflow", "tensorflow_serving", "matplotlib", "rich")


def require_packages(arguments: Sequence[str]) -> None:
    """Raise MissingTensorFlowError if one of the trainer's packages is missing and the user asks for more than help."""
    missing = [name for name in TRAINING_PACKAGES if importlib.util.find_spec(name) is None]
    if missing and not {"-h", "--help"} & set(arguments):
        raise MissingTensorFlowError(
            f"{'TensorFlow' if 'tensorflow' in missing else ', '.join(missing)} is not installed; "
            "install the trainer's packages with: make training"
        )


def execute(arguments: Sequence[str]) -> None:
    """Run the command that the arguments ask for; raise TrainingError or OwnDataError.

    TensorFlow takes up to half a minute to load. So everything that can be wrong without it is found first.
    """
    if _asks_to_fine_tune(arguments):
        plan = plan_fine_tuning(arguments)
        with _loading_tensorflow():
            from tears.trainer.fine_tuning.command import fine_tune  # noqa: PLC0415
        fine_tune(plan)
        return
    flags = parse_trainer_flags(arguments)
    # These need a package of the extra, as TensorFlow is, but load in a moment.
    from tears.trainer.speech_commands.input.preparation import prepare_clips  # noqa: PLC0415
    from tears.trainer.speech_commands.printed_lines import LinePrinter  # noqa: PLC0415

    lines = LinePrinter(flags.verbosity)
    sampler = prepare_clips(flags, lines)
    with _loading_tensorflow(is_verbose=flags.verbosity == "DEBUG"):
        from tears.trainer.speech_commands.training_run import TrainingRun  # noqa: PLC0415
    TrainingRun(flags, lines, sampler).train_and_export()


def what_is_left(arguments: Sequence[str]) -> str:
    """Return what an interrupted command has left on the disk."""
    if _asks_to_fine_tune(arguments):
        return "no version was saved"
    flags = parse_trainer_flags(arguments)
    if any(Path(flags.train_dir).glob(f"{flags.model_architecture}.ckpt-*.index")):
        return "every checkpoint is whole: go on with --start_checkpoint"
    return "no checkpoint was saved yet"


def _asks_to_fine_tune(arguments: Sequence[str]) -> bool:
    return any(word.partition("=")[0] in FINE_TUNE_FLAGS for word in arguments)


@contextmanager
def _loading_tensorflow(*, is_verbose: bool = False) -> Iterator[None]:
    """Keep TensorFlow's own lines away from stderr while this block imports modules, unless it is verbose."""
    # TensorFlow reads the variable when it is loaded.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "0" if is_verbose else "3")
    if is_verbose:
        yield
        return
    with native_silence():
        yield
