"""`tears-train --fine_tune`: adapt the shipped model to a parent's own clips, in minutes. Needs TensorFlow."""

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import tensorflow as tf

from tears.own_data.clips.own_clips import ClipParts, find_own_clips, hold_out_clips
from tears.own_data.labels.label_names import CRYING
from tears.own_data.scoring.verdict import VERDICT_FILE
from tears.policy.parameters import Policy
from tears.trainer.errors import ThresholdError
from tears.trainer.exporting.version_folders import draft_version
from tears.trainer.fine_tuning.adapted_version import publish_adapted, write_adapted
from tears.trainer.fine_tuning.base_version import find_base
from tears.trainer.fine_tuning.flags import parse_fine_tune_flags
from tears.trainer.fine_tuning.judging import judge
from tears.trainer.fine_tuning.model_card import card_of
from tears.trainer.fine_tuning.teaching import teach
from tears.trainer.fine_tuning.trainable_model import TrainableModel

THRESHOLD_VARIABLE: Final = "TEARS_ALERTER_OPEN_THRESHOLD"


def fine_tune(arguments: Sequence[str]) -> Path:
    """Run the command, and return the new version's folder.

    Raises:
        TrainingError: The model cannot be used or written; the message names the cure. Nothing was written.
        OwnDataError: The clips cannot be used; the message names the cure. Nothing was written.
    """
    flags = parse_fine_tune_flags(arguments)
    threshold = _alert_threshold()
    tf.keras.utils.set_random_seed(flags.seed)
    started = time.monotonic()
    base = find_base(flags.start_checkpoint)
    others = [word for word in flags.wanted_words + flags.other_labels if word != CRYING]
    clips = find_own_clips(flags.data_dir, CRYING, others)
    known = {clip.recording for clip in clips if base.has_learnt(clip)}
    parts = hold_out_clips(clips, flags.testing_percentage / 100, known)
    _print_parts(parts, base.folder, flags.data_dir)
    model = TrainableModel(base.folder, CRYING)
    # The draft is made first: a folder that cannot be written is reported at once, not after minutes.
    with draft_version(flags.train_dir / "export") as draft:
        teach(model, parts.learnt, flags)
        verdict = judge(base, write_adapted(draft, model, base.folder), parts, threshold)
        path = publish_adapted(draft, verdict, card_of(verdict, flags.data_dir))
    print(f"\n{'Better' if verdict.is_better else 'Not better'}: {verdict.reason}.")
    print(f"Saved to {path} ({VERDICT_FILE} says the same) after {time.monotonic() - started:.0f} s.")
    if verdict.is_better:
        print(f"To use it: ./tears model install {path}")
    else:
        print("The model in use is as good; more nights, or other rooms, may change that.")
    return path


def _alert_threshold() -> float:
    """Return the score that opens an episode: the alerter's own setting if its variable is set."""
    text = os.environ.get(THRESHOLD_VARIABLE, "")
    if not text:
        return Policy().open_threshold
    try:
        return Policy(open_threshold=float(text), close_threshold=float(text)).open_threshold
    except ValueError as error:
        raise ThresholdError(f"{THRESHOLD_VARIABLE} is {text!r}, but must be a number above 0 to 1") from error


def _print_parts(parts: ClipParts, base: Path, folder: Path) -> None:
    print(f"Adapting {base} to {folder}:")
    for what, clips in (("to learn from", parts.learnt), ("held out", parts.held_out)):
        crying = sum(clip.is_crying for clip in clips)
        recordings = len({clip.recording for clip in clips})
        print(f"  {what}: {crying} clips of crying, {len(clips) - crying} others, of {recordings} recordings")
