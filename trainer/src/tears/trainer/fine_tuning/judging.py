"""Compare the adapted model with the one it was adapted from, both as they are served."""

import datetime as dt
from pathlib import Path

import numpy as np

from tears.own_data.clips.own_clips import ClipParts, read_own_clip
from tears.own_data.scoring.figures import Scores
from tears.own_data.scoring.merit import Merit, gain_interval, is_better, merit_of
from tears.own_data.scoring.model_scorer import ModelScorer
from tears.own_data.scoring.verdict import HeldOutClip, ModelVerdict
from tears.own_data.sounds.rehearsal import measured_windows
from tears.own_data.versions.proof import sha256_of
from tears.own_data.versions.version_files import TFLITE_FILE
from tears.trainer.fine_tuning.base_version import BaseVersion
from tears.trainer.fine_tuning.model_card import comparison_table, newness


def judge(base: BaseVersion, tflite: Path, parts: ClipParts, threshold: float) -> ModelVerdict:
    """Score the clips that were held out with both models, print the comparison, and return the verdict."""
    clips = parts.held_out
    labels = np.array([clip.is_crying for clip in clips])
    recordings = [clip.recording for clip in clips]
    samples = [read_own_clip(clip) for clip in clips]
    rehearsal = measured_windows()
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
    print(comparison_table(old, new) + "\n")
    low, high = gain_interval(scores[1], scores[0], labels, recordings, threshold)
    print(f"Accuracy gained, by recording: {low:+.3f} to {high:+.3f} in 95 of 100 draws.")
    if low <= 0 <= high and low < high:
        print("With so few recordings that may be chance: add nights.")
    held_out = (
        HeldOutClip(str(clip.path.resolve()), sha256_of(clip.path), clip.is_crying, clip.recording) for clip in clips
    )
    return ModelVerdict(
        made_at=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        base=str(base.folder),
        base_sha256=sha256_of(base.folder / TFLITE_FILE),
        threshold=threshold,
        old=old,
        new=new,
        is_better=better,
        reason=reason,
        learnt_clips=len(parts.learnt),
        held_out=tuple(held_out),
        learnt=tuple(sorted(base.learnt | {sha256_of(clip.path) for clip in parts.learnt})),
        learnt_recordings=tuple(sorted(base.learnt_recordings | {clip.recording for clip in parts.learnt})),
        is_learnt_known=base.is_learnt_known,
    )
