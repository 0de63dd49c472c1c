"""Train the shipped model: windows, network, decision, calibration, export. Needs TensorFlow."""

import functools
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import tensorflow as tf

from tears.audio.constants import MODEL_RATE_HZ, WINDOW_SAMPLES
from tears.own_data.labels.label_names import CRYING
from tears.own_data.versions.decision_head import DecisionHead
from tears.trainer.augmentation.revoicing.bank import has_vocoder
from tears.trainer.exporting.export import write_version
from tears.trainer.exporting.version_folders import draft_version, replace_files
from tears.trainer.manifest import DatasetClip, read_manifest
from tears.trainer.recipe.calibration import platt
from tears.trainer.recipe.decision import decide
from tears.trainer.recipe.network_training import ValidationWindows, figures_text, train_network
from tears.trainer.recipe.options import RecipeOptions
from tears.trainer.recipe.training_windows import TrainingWindows, clip_features, compose_windows
from tears.trainer.speech_commands.architectures.nursery import LogMel

SHIPPED_LABELS: Final = (CRYING, "other")
VALIDATION_WINDOWS: Final = 2000
# A set of windows is composed again as a whole when anything in it changes, so the corpus has several sets.
CORPUS_SET_WINDOWS: Final = 20_000


def train_model(options: RecipeOptions) -> None:
    """Compose windows, fit the network and the decision, calibrate on the validation split, and export.

    Raises:
        TrainingError: The dataset or the corpus cannot be used, or the export fails.
        OSError: The cache cannot be written.
    """
    _print_plan(options)
    clips = [clip for clip in read_manifest(*options.dataset) if not (clip.is_crying and clip.label_suspect)]
    train = [clip for clip in clips if clip.split == "train"]
    val = [clip for clip in clips if clip.split == "val" and not _is_left_out(clip, options)]
    sets = _composed(options, train)
    validation = _validation_windows(options, clips, val)
    network = train_network(options, sets, validation)
    decision = decide(network, has_teacher=options.teacher is not None)
    val_clips = validation[0]
    logits = decision.logits(val_clips.features)
    scale, offset = platt(logits, val_clips.labels)
    print(f"decision{figures_text(logits, val_clips)}; calibration: scale {scale:.4f}, offset {offset:.4f}")
    export_model(decision.features, decision.calibrated(scale, offset), options.out)


def _print_plan(options: RecipeOptions) -> None:
    """Say what will be done, and what is missing."""
    of_corpus = f" and {options.corpus_windows} of the corpus" if options.corpus else ""
    print(f"1. compose {options.windows} windows of the dataset{of_corpus}, unless they are in {options.cache}")
    print(f"2. train the network in {options.epochs} passes over them")
    print(f"3. calibrate the decision and export to {options.out}", flush=True)
    if options.teacher is None:
        print("no teacher: neither --teacher nor TEARS_MN04 names an mn04_as.npz")
    if options.corpus is None:
        print("no corpus: neither --corpus nor TEARS_CORPUS_DIR names a folder that make corpus has filled")
    if options.revoiced and not has_vocoder():
        print("pyworld-prebuilt is not installed: no new voices; make training installs it")
    if shutil.which("espeak-ng") is None:
        print("espeak-ng is not installed: no spoken sentences among the sounds that are not crying")


def _composed(options: RecipeOptions, train: Sequence[DatasetClip]) -> list[TrainingWindows]:
    """Compose the windows to learn from: of the labelled clips first, then of the corpus if there is one.

    Models that leave out sources of cries share the windows: only the windows with these cries are not used.
    """
    compose = functools.partial(compose_windows, cache=options.cache, workers=options.workers, teacher=options.teacher)
    cries = compose(train, options.windows, options.seed, babies=options.babies, voices=options.revoiced)
    sets = [cries.without_sources(options.leave_out)]
    if options.corpus is not None:
        for k, start in enumerate(range(0, options.corpus_windows, CORPUS_SET_WINDOWS)):
            count = min(CORPUS_SET_WINDOWS, options.corpus_windows - start)
            sets.append(compose([], count, options.seed + 2 * k, corpus=options.corpus))
    return sets


def _validation_windows(
    options: RecipeOptions, clips: Sequence[DatasetClip], val: Sequence[DatasetClip]
) -> list[ValidationWindows]:
    """Return the clips of the validation split, windows composed of them, and cries of the sources left out."""
    rooms = compose_windows(val, VALIDATION_WINDOWS, options.seed + 1, options.cache, options.workers)
    validation = [
        _clip_windows("clips", val),
        ValidationWindows("rooms", rooms.features.astype(np.float32), rooms.labels > 0),
    ]
    unseen = [clip for clip in clips if clip.split != "test" and clip.is_crying and _is_left_out(clip, options)]
    if unseen:
        validation.append(_clip_windows("left out", [*unseen, *(clip for clip in val if not clip.is_crying)]))
    return validation


def _clip_windows(name: str, clips: Sequence[DatasetClip]) -> ValidationWindows:
    return ValidationWindows(name, clip_features(clips), np.array([clip.is_crying for clip in clips]))


def _is_left_out(clip: DatasetClip, options: RecipeOptions) -> bool:
    return clip.is_crying and clip.source in options.leave_out


def export_model(features: Any, head: DecisionHead, out: Path) -> None:
    """Export a model from waveform to one calibrated score per label, and print its score of each named signal.

    Args:
        features: A Keras model of log-mel spectrograms, float32 [n, 214, 64] to features [n, F].
        head: The last layer, with its calibration.
        out: The version's folder. The files of an earlier export in it are replaced.

    Raises:
        ExportError: A format disagrees with the network on a named signal.
        WriteError: The folder cannot be written.
    """
    waveform = tf.keras.layers.Input((WINDOW_SAMPLES,), name="waveform")
    model = tf.keras.Model(waveform, features(LogMel(name="log_mel")(waveform)), name="nursery")
    with draft_version(out.parent) as draft:
        exported = write_version(model, SHIPPED_LABELS, draft, sample_rate_hz=MODEL_RATE_HZ, quantize=True, head=head)
        replace_files(draft, out)
    for name, scores in exported.items():
        print(f"{name}: {scores[0]:.4f}")
