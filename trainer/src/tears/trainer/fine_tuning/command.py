"""`tears-train --fine_tune`: adapts the shipped model to a parent's own clips, in minutes. Needs TensorFlow."""

import argparse
import datetime as dt
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import tensorflow as tf

from tears.own_data.clips.own_clips import OwnClip, Parts, divided, find_own_clips, read_own_clip
from tears.own_data.labels.label_names import CRYING
from tears.own_data.scoring.figures import Scores
from tears.own_data.scoring.merit import ROWS, Merit, gain_interval, is_better, merit_of
from tears.own_data.scoring.model_scorer import ModelScorer
from tears.own_data.scoring.verdict import FILE, HeldOutClip, Verdict, sha256_of
from tears.own_data.sounds.rehearsal import measured_windows, rehearsal_windows
from tears.own_data.versions.version_files import TFLITE_FILE
from tears.policy.parameters import Policy
from tears.trainer.command_line import parse_bool
from tears.trainer.errors import SettingsError
from tears.trainer.exporting.version_folders import new_version
from tears.trainer.fine_tuning.adapted_version import AdaptedModel
from tears.trainer.fine_tuning.base_version import Base, find_base
from tears.trainer.fine_tuning.disturbance import balanced, disturbed
from tears.trainer.fine_tuning.model_card import card_of, newness
from tears.trainer.fine_tuning.trainable_model import BATCH, Lesson, Pupil, learn
from tears.trainer.speech_commands.flags import OneLineParser

THRESHOLD_VARIABLE: Final = "TEARS_ALERTER_OPEN_THRESHOLD"
# Clips a pass; of more, each pass takes some.
MOST_CLIPS: Final = 600
# Labels stand off 0 and 1 by so much, and scores with them.
SMOOTHING: Final = 0.02
HEAD_EPOCHS: Final = 2
HEAD_RATE: Final = 1e-3
# How far the weights go towards what they have learnt (Wortsman et al. 2022, "Robust fine-tuning of zero-shot models"):
# half of the way keeps nearly all that is gained on the own clips, and what was known of others.
BLEND: Final = 0.5


def fine_tune(arguments: Sequence[str]) -> Path:
    """Runs the command.

    Args:
        arguments: Without the program's name.

    Returns:
        The new version's folder.

    Raises:
        TrainingError: The clips or the model cannot be used; names the cure. Nothing was written.
    """
    options = _options(arguments)
    threshold = _threshold()
    tf.keras.utils.set_random_seed(options.seed)
    started = time.monotonic()
    base = find_base(options.start_checkpoint)
    others = [word for word in options.wanted_words + options.other_labels if word != CRYING]
    clips = find_own_clips(options.data_dir, CRYING, others)
    known = {clip.recording for clip in clips if base.has_learnt(clip)}
    parts = divided(clips, options.testing_percentage / 100, known)
    _say_parts(parts, base.folder, options.data_dir)
    pupil = Pupil(base.folder, CRYING)
    # Opened before minutes are spent: a folder that cannot be written is told of at once.
    with new_version(options.train_dir / "export") as place:
        _teach(pupil, parts.learnt, options)
        adapted = AdaptedModel(place, pupil, base.folder)
        verdict = _judge(base, adapted.tflite, parts, measured_windows(), threshold)
        path = adapted.finish(verdict, card_of(verdict, options.data_dir))
    print(f"\n{'Better' if verdict.is_better else 'Not better'}: {verdict.reason}.")
    print(f"Saved to {path} ({FILE} says the same) after {time.monotonic() - started:.0f} s.")
    if verdict.is_better:
        print(f"To put it into place: tears model install {path}")
    else:
        print("What is in place is as good; more nights, or other rooms, may change that.")
    return path


def _teach(pupil: Pupil, clips: Sequence[OwnClip], options: argparse.Namespace) -> None:
    """First what comes after the convolutions, then all weights, at a small rate that falls; then half of the way."""
    rng = np.random.default_rng([options.seed, 1])
    samples = [read_own_clip(clip) for clip in clips]
    quiet = [one for clip, one in zip(clips, samples, strict=True) if not clip.is_crying]
    weights = balanced([clip.is_crying for clip in clips])
    count = min(len(clips), MOST_CLIPS)
    # What the model says of sounds that it knows is what it is to go on saying.
    known = rehearsal_windows(max(count, BATCH), options.seed)
    rehearsed = [Lesson(window, score, 1.0) for window, score in zip(known, pupil.scores(known), strict=True)]
    optimizer = tf.keras.optimizers.Adam(HEAD_RATE, clipnorm=1.0)
    step = pupil.step_of(pupil.head, optimizer)
    for epoch in range(HEAD_EPOCHS + options.epochs):
        if epoch == HEAD_EPOCHS:
            optimizer = tf.keras.optimizers.Adam(options.learning_rate, clipnorm=1.0)
            step = pupil.step_of(pupil.weights, optimizer)
        if epoch >= HEAD_EPOCHS:
            done = (epoch - HEAD_EPOCHS) / options.epochs
            optimizer.learning_rate.assign(options.learning_rate * 0.5 * (1 + np.cos(np.pi * done)))
        lessons = list(rehearsed)
        for k in rng.permutation(len(clips))[:count]:
            target = 1 - SMOOTHING if clips[k].is_crying else SMOOTHING
            behind = quiet[int(rng.integers(len(quiet)))] if clips[k].is_crying else None
            lessons.append(Lesson(disturbed(samples[k], behind, rng), target, weights[k]))
        loss = learn(step, lessons, rng)
        what = "head" if epoch < HEAD_EPOCHS else "all weights"
        print(f"Epoch {epoch + 1} of {HEAD_EPOCHS + options.epochs}, {what}: cross entropy {loss:.4f}", flush=True)
    pupil.blend(BLEND)


def _threshold() -> float:
    """What opens a bout in this house: the alerter's own variable where it is set."""
    text = os.environ.get(THRESHOLD_VARIABLE, "")
    if not text:
        return Policy().open_threshold
    try:
        return Policy(open_threshold=float(text), close_threshold=float(text)).open_threshold
    except ValueError as error:
        raise SettingsError(f"{THRESHOLD_VARIABLE} is {text!r}, but must be a number above 0 to 1") from error


def _judge(base: Base, tflite: Path, parts: Parts, rehearsal: Sequence[np.ndarray], threshold: float) -> Verdict:
    """Both models, as they are served, on the clips that were held out."""
    clips = parts.held_out
    labels = np.array([clip.is_crying for clip in clips])
    recordings = [clip.recording for clip in clips]
    samples = [read_own_clip(clip) for clip in clips]
    scores: list[Scores] = []
    merits: list[Merit] = []
    for path in (base.folder / TFLITE_FILE, tflite):
        scorer = ModelScorer(path)
        scores.append(np.array([scorer.score(one) for one in samples]))
        known = np.array([scorer.score_waveform(window) for window in rehearsal])
        merits.append(merit_of(scores[-1], labels, recordings, threshold, known))
    old, new = merits
    better, reason = is_better(new, old)
    new_to = newness(str(base.folder), is_learnt_known=base.is_learnt_known)
    print(f"\n{len(clips)} clips of {len(set(recordings))} recordings {new_to}; the threshold is {threshold:g}:\n")
    _print_table(old, new)
    low, high = gain_interval(scores[1], scores[0], labels, recordings, threshold)
    print(f"Accuracy gained, by recording: {low:+.3f} to {high:+.3f} in 95 of 100 draws.")
    if low <= 0 <= high and low < high:
        print("With so few recordings that may be chance: add nights.")
    held = tuple(
        HeldOutClip(str(clip.path.resolve()), sha256_of(clip.path), clip.is_crying, clip.recording) for clip in clips
    )
    return Verdict(
        made_at=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        base=str(base.folder),
        base_sha256=sha256_of(base.folder / TFLITE_FILE),
        threshold=threshold,
        old=old,
        new=new,
        is_better=better,
        reason=reason,
        learnt_clips=len(parts.learnt),
        held_out=held,
        learnt=tuple(sorted(base.learnt | {sha256_of(clip.path) for clip in parts.learnt})),
        learnt_recordings=tuple(sorted(base.learnt_recordings | {clip.recording for clip in parts.learnt})),
        is_learnt_known=base.is_learnt_known,
    )


def _print_table(old: Merit, new: Merit) -> None:
    print("| | as it was | adapted |\n|---|---|---|")
    for name, attribute in ROWS:
        print(f"| {name} | {getattr(old, attribute)} | {getattr(new, attribute)} |")
    print(f"| false alarms on sounds of any home | {old.rehearsal_alarms:.3f} | {new.rehearsal_alarms:.3f} |\n")


def _say_parts(parts: Parts, base: Path, folder: Path) -> None:
    print(f"Adapting {base} to {folder}:")
    for what, clips in (("learnt from", parts.learnt), ("held out", parts.held_out)):
        crying = sum(clip.is_crying for clip in clips)
        recordings = len({clip.recording for clip in clips})
        print(f"  {what}: {crying} clips of crying, {len(clips) - crying} others, of {recordings} recordings")


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = OneLineParser(
        prog="tears-train --fine_tune",
        allow_abbrev=False,
        description="Adapts the shipped model to clips of your own: a folder of crying, and one of quiet.",
    )

    def flag(name: str, meaning: str, **more: object) -> None:
        spellings = dict.fromkeys((f"--{name}", f"--{name.replace('_', '-')}"))
        parser.add_argument(*spellings, dest=name, help=meaning, **more)  # type: ignore[arg-type]  # keywords by a dict

    flag("fine_tune", "this command", type=_yes, nargs="?", const=True)
    flag("data_dir", "folder with crying/ and quiet/, as tears slice makes it", type=Path)
    flag("train_dir", "gets export/<n>", type=Path, default=Path("training"))
    flag("start_checkpoint", "the version to adapt; default: the newest shipped one", type=Path)
    flag("other_labels", "folders of what is no crying, with commas between", type=_words, default=[])
    flag("wanted_words", "as for training; all but crying are no crying", type=_words, default=[])
    flag("testing_percentage", "%% of each label's clips to hold out", type=_percentage, default=30.0)
    flag("epochs", "passes over the clips with all weights", type=_count, default=6)
    flag("learning_rate", "the highest, with all weights", type=_rate, default=3e-4)
    flag("sample_rate", "22050 and nothing else", type=int, choices=(22_050,))
    flag("clip_duration_ms", "5000 and nothing else", type=int, choices=(5_000,))
    flag("seed", "of everything random", type=_seed, default=59185)
    options = parser.parse_args(list(arguments))
    # Not the parser's to require: it would miss a flag before it told of a mistyped one.
    if options.data_dir is None:
        parser.error("--data_dir is missing: name the folder of your clips")
    return options


def _yes(text: str) -> bool:
    if not parse_bool(text):
        raise argparse.ArgumentTypeError("leave it out to train a network anew")
    return True


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _percentage(text: str) -> float:
    return _between(text, 5, 80)


def _rate(text: str) -> float:
    return _between(text, 1e-7, 1e-2)


def _seed(text: str) -> int:
    return int(_between(text, 0, 2**31 - 1))


def _count(text: str) -> int:
    return int(_between(text, 1, 100))


def _between(text: str, low: float, high: float) -> float:
    try:
        value = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None
    if not low <= value <= high:
        raise argparse.ArgumentTypeError(f"{text} is out of range: {low:g} to {high:g}")
    return value
