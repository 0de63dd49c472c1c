"""The options of the recipe's command."""

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tears.trainer.manifest import DATASET_HELP, several_paths


@dataclass(frozen=True)
class RecipeOptions:
    """The options of the recipe; each field is an option of the command."""

    dataset: tuple[Path, ...]  # folders that are one dataset
    out: Path
    windows: int
    corpus: Path | None
    corpus_windows: int
    babies: int
    revoiced: int
    epochs: int
    seed: int
    cache: Path
    workers: int
    teacher: Path | None
    leave_out: tuple[str, ...]


def parse_options(arguments: Sequence[str] | None, prog: str, description: str | None) -> RecipeOptions:
    """Read the options from the command line. Exits with status 2 if they are wrong."""
    parser = argparse.ArgumentParser(prog=prog, description=description)
    add = parser.add_argument
    add("--dataset", type=several_paths, required=True, help=DATASET_HELP)
    add("--out", type=Path, default=Path("models/cry/1"), help="folder of the model's version")
    add("--windows", type=int, default=30_000, help="how many windows to compose of the dataset")
    add(
        "--corpus",
        type=Path,
        default=os.environ.get("TEARS_CORPUS_DIR") or None,
        help="folder of sounds without crying that tears.trainer.corpus has filled; default: $TEARS_CORPUS_DIR",
    )
    add("--no-corpus", dest="corpus", action="store_const", const=None, help="train without a corpus")
    add("--corpus-windows", type=int, default=40_000, help="how many windows to compose of the corpus")
    add("--babies", type=int, default=300, help="how many cries to generate besides the recorded ones")
    add("--revoiced", type=int, default=0, help="how many new voices each recorded cry and cat gets")
    add("--epochs", type=int, default=5, help="passes over all windows")
    add("--seed", type=int, default=59185)
    add("--cache", type=Path, default=Path(".cache/training"), help="folder that keeps composed windows")
    add("--workers", type=int, default=2, help="how many processes compose windows")
    add(
        "--teacher",
        type=Path,
        default=os.environ.get("TEARS_MN04") or None,
        help="mn04_as.npz, whose answers the network also learns to predict; default: $TEARS_MN04, else none",
    )
    add("--no-teacher", dest="teacher", action="store_const", const=None, help="train without a teacher")
    add("--leave-out", nargs="*", default=[], metavar="SOURCE", help="sources whose cries are not trained on")
    options = vars(parser.parse_args(arguments))
    return RecipeOptions(**options | {"leave_out": tuple(options["leave_out"])})
