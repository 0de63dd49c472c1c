"""The two commands of `tears-train`: to train a network, and to adapt the shipped model."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tears.trainer.packages import loading_tensorflow
from tears.trainer.speech_commands.flags import parse_trainer_flags

FINE_TUNE_FLAGS: Final = ("--fine_tune", "--fine-tune")


@dataclass(frozen=True)
class TrainerCommand:
    """A command.

    Attributes:
        execute: Runs it with the arguments of the command line; raises TrainingError or OwnDataError.
        what_is_left: Says what an interrupted command has left on the disk.
    """

    execute: Callable[[Sequence[str]], object]
    what_is_left: Callable[[Sequence[str]], str]


def chosen_command(arguments: Sequence[str]) -> TrainerCommand:
    """Return the command that the arguments ask for."""
    if any(word.partition("=")[0] in FINE_TUNE_FLAGS for word in arguments):
        return TrainerCommand(_fine_tune, lambda _: "no version was saved")
    return TrainerCommand(_train, _what_training_left)


def _train(arguments: Sequence[str]) -> None:
    flags = parse_trainer_flags(arguments)
    with loading_tensorflow(is_verbose=flags.verbosity == "DEBUG"):
        from tears.trainer.speech_commands.printed_lines import LinePrinter  # noqa: PLC0415
        from tears.trainer.speech_commands.training_run import TrainingRun  # noqa: PLC0415
    TrainingRun(flags, LinePrinter(flags.verbosity)).train_and_export()


def _what_training_left(arguments: Sequence[str]) -> str:
    flags = parse_trainer_flags(arguments)
    if any(Path(flags.train_dir).glob(f"{flags.model_architecture}.ckpt-*.index")):
        return "every checkpoint is whole: go on with --start_checkpoint"
    return "no checkpoint was saved yet"


def _fine_tune(arguments: Sequence[str]) -> None:
    with loading_tensorflow():
        from tears.trainer.fine_tuning.command import fine_tune  # noqa: PLC0415
    fine_tune(arguments)
