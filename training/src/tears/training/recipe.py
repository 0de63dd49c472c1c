"""The recipe of the shipped model, dataset to exported files: `python -m tears.training.recipe`. Needs TensorFlow."""

import argparse
import functools
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tears.training.calibration import platt
from tears.training.decision import decide
from tears.training.errors import TrainingError
from tears.training.export import export_model
from tears.training.fitting import Held, Schedule, figures_of, fit, window_logits
from tears.training.manifest import Clip, read_manifest
from tears.training.windows import TrainingWindows, clip_features, compose_windows

HELD_WINDOWS = 2000
# A set of windows is composed anew as a whole when anything in it changes.
CORPUS_SET_WINDOWS = 20_000


def train_model(options: argparse.Namespace) -> None:
    """Composes windows, fits the network, calibrates it on the validation split and exports it.

    Args:
        options: As `add_options` describes them.
    """
    if options.teacher is None:
        print("no teacher: neither --teacher nor TEARS_YAMNET names a yamnet.tflite")
    if shutil.which("espeak-ng") is None:
        print("espeak-ng is not installed: no spoken sentences among what is not crying")
    clips = [clip for clip in read_manifest(options.dataset) if not (clip.is_crying and clip.label_suspect)]
    train = [clip for clip in clips if clip.split == "train" and not _left_out(clip, options.leave_out)]
    val = [clip for clip in clips if clip.split == "val" and not _left_out(clip, options.leave_out)]
    sets = _composed(options, train)
    rooms = compose_windows(val, HELD_WINDOWS, options.seed + 1, options.cache, options.workers)
    held = [_held("clips", val), Held("rooms", rooms.features.astype(np.float32), rooms.labels > 0)]
    unseen = [clip for clip in clips if clip.split != "test" and clip.is_crying and _left_out(clip, options.leave_out)]
    if unseen:
        held.append(_held("left out", [*unseen, *(clip for clip in val if not clip.is_crying)]))
    network = fit(sets, held, Schedule(epochs=options.epochs, width=options.width), options.seed)
    decided = decide(network, sets)
    print(f"decision{figures_of(decided, held)}")
    clips_held = held[0]
    scale, offset = platt(window_logits(decided, clips_held.features), clips_held.labels, balanced=False)
    print(f"calibration: scale {scale:.4f}, offset {offset:.4f}")
    export_model(decided, scale, offset, options.out)


def _composed(options: argparse.Namespace, train: Sequence[Clip]) -> list[TrainingWindows]:
    """The windows to learn from: of the labelled clips, and of the corpus where there is one."""
    make = functools.partial(compose_windows, cache=options.cache, workers=options.workers, teacher=options.teacher)
    sets = [make(train, options.windows, options.seed)]
    if options.corpus is not None:
        for k in range(-(-options.corpus_windows // CORPUS_SET_WINDOWS)):
            count = min(CORPUS_SET_WINDOWS, options.corpus_windows - k * CORPUS_SET_WINDOWS)
            sets.append(make([], count, options.seed + 2 * k, corpus=options.corpus))
    return sets


def _held(name: str, clips: Sequence[Clip]) -> Held:
    return Held(name, clip_features(clips), np.array([clip.is_crying for clip in clips]))


def _left_out(clip: Clip, sources: Sequence[str]) -> bool:
    return any(clip.source.startswith(source) for source in sources)


def add_options(parser: argparse.ArgumentParser) -> None:
    """The recipe's options."""
    parser.add_argument("--dataset", type=Path, required=True, help="folder with manifest.csv and clips")
    parser.add_argument("--out", type=Path, default=Path("models/cry/1"), help="folder of the model's version")
    parser.add_argument("--windows", type=int, default=16_000, help="windows to compose and learn from")
    parser.add_argument(
        "--corpus",
        type=Path,
        default=os.environ.get("TEARS_CORPUS_DIR") or None,
        help="folder made by tears.training.corpus: sounds that are no crying; default: $TEARS_CORPUS_DIR, else none",
    )
    parser.add_argument("--no-corpus", dest="corpus", action="store_const", const=None, help="do without the corpus")
    parser.add_argument("--corpus-windows", type=int, default=40_000, help="windows to compose of the corpus alone")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--width", type=int, default=64, help="channels of the network's second layer")
    parser.add_argument("--seed", type=int, default=59185)
    parser.add_argument("--cache", type=Path, default=Path(".cache/training"), help="where composed windows are kept")
    parser.add_argument("--workers", type=int, default=2, help="processes that compose windows")
    parser.add_argument(
        "--teacher",
        type=Path,
        default=os.environ.get("TEARS_YAMNET") or None,
        help="yamnet.tflite, whose judgement is learnt besides; default: $TEARS_YAMNET, else none",
    )
    parser.add_argument("--no-teacher", dest="teacher", action="store_const", const=None, help="do without a teacher")
    parser.add_argument("--leave-out", nargs="*", default=[], metavar="SOURCE", help="sources not to train on")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the recipe; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tears.training.recipe", description=__doc__)
    add_options(parser)
    try:
        train_model(parser.parse_args(arguments))
    except TrainingError as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
