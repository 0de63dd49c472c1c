# ruff: noqa: RUF009 (`flag` makes a dataclass field)
"""The flags of `tears-train --fine_tune`."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tears.audio.constants import MODEL_RATE_HZ, WINDOW_SECONDS
from tears.trainer.command_line import FlagParser, flag, number_between, parse_bool

# Larger seeds give the windows that models are compared on; no model may learn from those.
LARGEST_SEED: Final = 2**31 - 1


def _parse_command(text: str) -> bool:
    if not parse_bool(text):
        raise argparse.ArgumentTypeError("leave it out to train a new network")
    return True


def _parse_names(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


@dataclass(frozen=True, kw_only=True)
class FineTuneFlags:
    """The command line of `tears-train --fine_tune`; each field is a flag.

    Raises:
        ValueError: `data_dir` is missing.
    """

    fine_tune: bool = flag(None, "run this command", parse=_parse_command, is_switch=True)
    # Checked last: the parser itself would complain about this flag before it reports a mistyped one.
    data_dir: Path = flag(None, "folder with crying/ and quiet/, as ./tears slice makes it", parse=Path)
    train_dir: Path = flag(Path("training"), "folder in which export/<n> is written", parse=Path)
    start_checkpoint: Path | None = flag(
        None, "folder of the version to adapt; default: the newest shipped one", parse=Path
    )
    other_labels: tuple[str, ...] = flag(
        (), "folders of sounds that are not crying, separated by commas", parse=_parse_names
    )
    wanted_words: tuple[str, ...] = flag(
        (), "as for training; every word except crying means: not crying", parse=_parse_names
    )
    testing_percentage: float = flag(30.0, "% of each label's clips to hold out", parse=number_between(float, 5, 80))
    epochs: int = flag(6, "passes over the clips with all weights", parse=number_between(int, 1, 100))
    learning_rate: float = flag(3e-4, "highest rate, with all weights", parse=number_between(float, 1e-7, 1e-2))
    sample_rate: int = flag(MODEL_RATE_HZ, "the only possible value", parse=int, choices=(MODEL_RATE_HZ,))
    clip_duration_ms: int = flag(
        1000 * WINDOW_SECONDS, "the only possible value", parse=int, choices=(1000 * WINDOW_SECONDS,)
    )
    seed: int = flag(59185, "seed of everything random", parse=number_between(int, 0, LARGEST_SEED))

    def __post_init__(self) -> None:
        if self.data_dir is None:
            raise ValueError("--data_dir is missing: name the folder of your clips")


def parse_fine_tune_flags(arguments: Sequence[str]) -> FineTuneFlags:
    """Parse the command line of `tears-train --fine_tune`; raise as `FlagParser.parse_flags`."""
    parser = FlagParser(
        FineTuneFlags,
        prog="tears-train --fine_tune",
        description="Adapt the shipped model to clips of your own: a folder of crying, and one of quiet.",
    )
    return parser.parse_flags(arguments)
