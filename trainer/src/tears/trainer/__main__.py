"""The trainer: `tears-train --data_dir=./data --wanted_words=quiet,crying --train_dir=./training`, as in the blog."""

import importlib.util
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

from tears.own_data.errors import OwnDataError
from tears.own_data.scoring.native_silence import native_silence
from tears.trainer.errors import MissingTensorFlowError, TrainingError
from tears.trainer.speech_commands.flags import Flags, parse_flags

# Of the extra "training"; what else it has comes with these.
PACKAGES = ("tensorflow", "tensorflow_serving", "matplotlib", "rich")
INTERRUPTED = 130
# A command of its own, with flags of its own: see tears.trainer.fine_tuning.command.
FINE_TUNE = ("--fine_tune", "--fine-tune")


def main(arguments: Sequence[str] | None = None) -> int:
    """Trains, tests and exports; returns the exit status."""
    if arguments is None:
        # The process is this command's: SIGTERM undoes what is half done, as Ctrl-C does.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        _require_packages(words)
        if _is_fine_tuning(words):
            return _fine_tune(words)
        return _train(parse_flags(words))
    except (TrainingError, OwnDataError) as error:
        print(f"tears-train: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"tears-train: interrupted; {_what_is_left(words)}", file=sys.stderr)
        return INTERRUPTED


def _is_fine_tuning(words: Sequence[str]) -> bool:
    return any(word.partition("=")[0] in FINE_TUNE for word in words)


def _what_is_left(words: Sequence[str]) -> str:
    if _is_fine_tuning(words):
        return "no version was saved"
    flags = parse_flags(words)
    if any(Path(flags.train_dir).glob(f"{flags.model_architecture}.ckpt-*.index")):
        return "every checkpoint is whole: go on with --start_checkpoint"
    return "no checkpoint was saved yet"


def _require_packages(arguments: Sequence[str]) -> None:
    missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    if missing and not {"-h", "--help"} & set(arguments):
        raise MissingTensorFlowError(
            f"{'TensorFlow' if 'tensorflow' in missing else ', '.join(missing)} is not installed; "
            "install the trainer's packages with: uv sync --inexact --extra training"
        )


def _fine_tune(arguments: Sequence[str]) -> int:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with native_silence():
        # Imported late: it stands on TensorFlow.
        from tears.trainer.fine_tuning.command import fine_tune  # noqa: PLC0415

    fine_tune(arguments)
    return 0


def _train(flags: Flags) -> int:
    tells_all = flags.verbosity == "DEBUG"
    # TensorFlow reads it when it is loaded; its own lines would drown ours.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "0" if tells_all else "3")
    with nullcontext() if tells_all else native_silence():
        # Imported late: they stand on TensorFlow.
        from tears.trainer.speech_commands.printed_lines import Lines  # noqa: PLC0415
        from tears.trainer.speech_commands.training_run import Run  # noqa: PLC0415

    Run(flags, Lines(flags.verbosity)).go()
    return 0


if __name__ == "__main__":
    sys.exit(main())
