"""The two commands of `tears-train`: to train a network, and to adapt the shipped model."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tears.trainer.packages import loading_tensorflow
from tears.trainer.speech_commands.flags import parse_trainer_flags

FINE_TUNE_FLAGS: Final = ("--fine_tune", "--fine-tune")


def execute(arguments: Sequence[str]) -> None:
    """Run the command that the arguments ask for; raises TrainingError or OwnDataError."""
    if _asks_to_fine_tune(arguments):
        with loading_tensorflow():
            from tears.trainer.fine_tuning.command import fine_tune  # noqa: PLC0415
        fine_tune(arguments)
        return
    flags = parse_trainer_flags(arguments)
    with loading_tensorflow(is_verbose=flags.verbosity == "DEBUG"):
        from tears.trainer.speech_commands.printed_lines import LinePrinter  # noqa: PLC0415
        from tears.trainer.speech_commands.training_run import TrainingRun  # noqa: PLC0415
    TrainingRun(flags, LinePrinter(flags.verbosity)).train_and_export()


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
