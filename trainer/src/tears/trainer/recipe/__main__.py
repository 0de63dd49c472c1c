"""The recipe of the shipped model, dataset to exported files: `python -m tears.trainer.recipe`. Needs TensorFlow."""

import argparse
import functools
import hashlib
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tears.own_data.errors import OwnDataError
from tears.trainer.errors import TrainingError
from tears.trainer.manifest import Clip, read_manifest
from tears.trainer.recipe.calibration import platt
from tears.trainer.recipe.decision import decide
from tears.trainer.recipe.export import export_model
from tears.trainer.recipe.fitting import Held, Schedule, figures_of, fit, window_logits
from tears.trainer.recipe.training_windows import TrainingWindows, clip_features, code_of, compose_windows
from tears.trainer.speech_commands.architectures.nursery_network import build_network

HELD_WINDOWS = 2000
# A set of windows is composed anew as a whole when anything in it changes.
CORPUS_SET_WINDOWS = 20_000
# First a network learns to hear, by the teacher and the corpus alone; then by half of the corpus, and by cries.
CORPUS_STEP = 2
CRIES_LEARNING_RATE = 1.5e-3
NEAR_WEIGHT = 8.0


def train_model(options: argparse.Namespace) -> None:
    """Composes windows, fits the networks, calibrates on the validation split and exports.

    Args:
        options: As `add_options` describes them.
    """
    if options.teacher is None:
        print("no teacher: neither --teacher nor TEARS_YAMNET names a yamnet.tflite")
    if options.corpus is None:
        print("no corpus: neither --corpus nor TEARS_CORPUS_DIR names a folder that make corpus has filled")
    if shutil.which("espeak-ng") is None:
        print("espeak-ng is not installed: no spoken sentences among what is not crying")
    clips = [clip for clip in read_manifest(options.dataset) if not (clip.is_crying and clip.label_suspect)]
    train = [clip for clip in clips if clip.split == "train" and not _left_out(clip, options.leave_out)]
    val = [clip for clip in clips if clip.split == "val" and not _left_out(clip, options.leave_out)]
    cries, corpus = _composed(options, train)
    rooms = compose_windows(val, HELD_WINDOWS, options.seed + 1, options.cache, options.workers)
    held = [_held("clips", val), Held("rooms", rooms.features.astype(np.float32), rooms.labels > 0)]
    unseen = [clip for clip in clips if clip.split != "test" and clip.is_crying and _left_out(clip, options.leave_out)]
    if unseen:
        held.append(_held("left out", [*unseen, *(clip for clip in val if not clip.is_crying)]))
    networks = [_network(options, options.seed + k, cries, corpus, held) for k in range(options.networks)]
    decided = decide(networks, [cries, *corpus], taught=options.teacher is not None)
    print(f"decision{figures_of(decided, held)}")
    clips_held = held[0]
    scale, offset = platt(window_logits(decided, clips_held.features), clips_held.labels, balanced=False)
    print(f"calibration: scale {scale:.4f}, offset {offset:.4f}")
    export_model(decided, scale, offset, options.out)


def _network(
    options: argparse.Namespace,
    seed: int,
    cries: TrainingWindows,
    corpus: Sequence[TrainingWindows],
    held: Sequence[Held],
) -> Any:
    """A network that has learnt to hear, where there is a corpus to hear, and then what a cry is."""
    hearing = Schedule(options.corpus_epochs, width=options.width)
    judging = Schedule(options.epochs, learning_rate=CRIES_LEARNING_RATE, near_weight=NEAR_WEIGHT, width=options.width)
    sets = [cries, *(windows.every(CORPUS_STEP) for windows in corpus)]

    def that_hears() -> Any:
        return fit(corpus, [], hearing, seed)

    def that_judges() -> Any:
        # Models that are trained without a source of cries have heard the same corpus. Without a teacher nobody says
        # what there is to hear in it.
        hears = bool(corpus) and options.teacher is not None
        network = _kept(options, "hearing", [hearing, seed], corpus, that_hears) if hears else None
        return fit(sets, held, judging, seed + 1, network)

    return _kept(options, "network", [hearing, judging, seed], [cries, *corpus], that_judges)


def _kept(
    options: argparse.Namespace,
    name: str,
    how: Sequence[object],
    sets: Sequence[TrainingWindows],
    make: Callable[[], Any],
) -> Any:
    """A network from the cache, if it was made before of the same windows, in the same way, by the same code."""
    made_of = f"{[windows.key for windows in sets]} {how}".encode()
    key = hashlib.sha256(
        code_of(("trainer.recipe.fitting", "trainer.speech_commands.architectures.nursery_network")) + made_of
    ).hexdigest()[:16]
    path = options.cache / f"{name}-{key}.weights.h5"
    if path.exists():
        network = build_network(options.width)
        network.load_weights(path)
        return network
    network = make()
    # Whole or not at all.
    partial = path.with_name(f"partial-{path.name}")
    network.save_weights(partial)
    partial.rename(path)
    return network


def _composed(options: argparse.Namespace, train: Sequence[Clip]) -> tuple[TrainingWindows, list[TrainingWindows]]:
    """The windows to learn from: of the labelled clips, and of the corpus where there is one."""
    make = functools.partial(compose_windows, cache=options.cache, workers=options.workers, teacher=options.teacher)
    cries, corpus = make(train, options.windows, options.seed, babies=options.babies), []
    if options.corpus is not None:
        for k in range(-(-options.corpus_windows // CORPUS_SET_WINDOWS)):
            count = min(CORPUS_SET_WINDOWS, options.corpus_windows - k * CORPUS_SET_WINDOWS)
            corpus.append(make([], count, options.seed + 2 * k, corpus=options.corpus))
    return cries, corpus


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
        help="folder of sounds without crying that tears.trainer.corpus made; default: $TEARS_CORPUS_DIR",
    )
    parser.add_argument("--no-corpus", dest="corpus", action="store_const", const=None, help="do without the corpus")
    parser.add_argument("--corpus-windows", type=int, default=40_000, help="windows to compose of the corpus alone")
    parser.add_argument("--networks", type=int, default=2, help="networks that decide together")
    parser.add_argument("--corpus-epochs", type=int, default=4, help="passes over the corpus")
    parser.add_argument("--babies", type=int, default=300, help="cries to generate beside those of the clips")
    parser.add_argument("--epochs", type=int, default=3, help="passes over cries and half of the corpus, after that")
    parser.add_argument("--width", type=int, default=64, help="channels of each network's second layer")
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
    parser = argparse.ArgumentParser(prog="python -m tears.trainer.recipe", description=__doc__)
    add_options(parser)
    try:
        train_model(parser.parse_args(arguments))
    except (TrainingError, OwnDataError) as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 1
    except OSError as error:  # of the folders that it writes to: what it reads is told of by name
        told = f"{error}; free some space there, or choose other folders with --out and --cache"
        print(f"{parser.prog}: {told}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
