"""Find everything that can be wrong with fine-tuning before TensorFlow is loaded, which takes many seconds."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tears.own_data.clips.clip_folder import other_files
from tears.own_data.clips.left_out import left_out_words
from tears.own_data.clips.own_clips import ClipParts, find_own_clips, hold_out_clips
from tears.own_data.labels.label_names import CRYING
from tears.policy.parameters import Policy
from tears.trainer.disk_writes import require_writable
from tears.trainer.errors import ThresholdError
from tears.trainer.fine_tuning.base_version import BaseVersion, find_base
from tears.trainer.fine_tuning.flags import FineTuneFlags, parse_fine_tune_flags

THRESHOLD_VARIABLE: Final = "TEARS_ALERTER_OPEN_THRESHOLD"


@dataclass(frozen=True, kw_only=True)
class FineTuningPlan:
    """What is adapted, with which clips.

    Attributes:
        flags: The command line.
        threshold: The score that opens an episode.
        base: The version to adapt.
        parts: The clips to learn from, and those to measure with.
    """

    flags: FineTuneFlags
    threshold: float
    base: BaseVersion
    parts: ClipParts


def plan_fine_tuning(arguments: Sequence[str]) -> FineTuningPlan:
    """Read a command line and find its model and clips; print how many there are.

    Raises:
        TrainingError: The model cannot be used, or the folder for the new one cannot be written.
        OwnDataError: The clips cannot be used; the message names the cure.
    """
    flags = parse_fine_tune_flags(arguments)
    threshold = _alert_threshold()
    base = find_base(flags.start_checkpoint)
    others = [word for word in flags.wanted_words + flags.other_labels if word != CRYING]
    clips = find_own_clips(flags.data_dir, CRYING, others)
    known = {clip.recording for clip in clips if base.has_learnt(clip)}
    parts = hold_out_clips(clips, flags.testing_percentage / 100, known)
    require_writable(flags.train_dir / "export")
    _print_parts(parts, base.folder, flags.data_dir)
    if words := left_out_words(other_files(flags.data_dir)):
        print(f"  {words}")
    return FineTuningPlan(flags=flags, threshold=threshold, base=base, parts=parts)


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
