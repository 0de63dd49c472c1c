"""Compare a new version of a model with the one that is served."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from tears.audio.constants import WINDOW_SAMPLES
from tears.own_data.clips.wav_files import read_wav
from tears.own_data.errors import RecordingError, ScorerError
from tears.own_data.scoring.merit import is_better, merit_of
from tears.own_data.scoring.model_scorer import ModelScorer
from tears.own_data.scoring.verdict import ModelVerdict, read_verdict
from tears.own_data.sounds.rehearsal import measured_windows
from tears.own_data.teaching.taught_version import LessonNote
from tears.own_data.versions.proof import sha256_of
from tears.own_data.versions.version_files import TFLITE_FILE


def compare(
    verdict: ModelVerdict | None, versions: Mapping[int, Path], lesson: LessonNote | None = None
) -> tuple[str, bool]:
    """Compare a new version, by its verdict or its lesson, with the newest of `versions` that has a model.tflite.

    Args:
        verdict: The verdict of the new version; None if it has none.
        lesson: The note of its lesson, if it was taught.
        versions: The versions in place, the newest first.

    Returns:
        What is known, in words, and whether the new version is known to be better.
    """
    served = next((path for path in versions.values() if (path / TFLITE_FILE).is_file()), None)
    if served is None:
        newest = next(iter(versions), None)
        missing = "there is no other version" if newest is None else f"version {newest} has no {TFLITE_FILE}"
        return f"{missing} to compare {'it ' if newest is None else ''}with", newest is None
    if lesson is not None:
        is_same = sha256_of(served / TFLITE_FILE) == lesson.base_sha256
        other = f"it was compared with another model than version {served.name}; teach again"
        return (lesson.reason, True) if is_same else (other, False)
    if verdict is None:
        return (
            "it has no verdict (./tears-train --fine_tune writes one), so it is not known whether it is better",
            False,
        )
    if sha256_of(served / TFLITE_FILE) == verdict.base_sha256:
        return verdict.reason, verdict.is_better
    return _compare_again(verdict, served)


def _compare_again(verdict: ModelVerdict, served: Path) -> tuple[str, bool]:
    """Score the verdict's clips with the served model, because the verdict compares with another model."""
    if not verdict.held_out:
        return f"its verdict is on another model than version {served.name}, and names no clips to compare with", False
    of_served = read_verdict(served)
    if of_served and any(
        clip.sha256 in of_served.learnt or clip.recording in of_served.learnt_recordings for clip in verdict.held_out
    ):
        return (
            f"version {served.name} has learnt from clips that it was measured on: fine-tune again with "
            f"--start_checkpoint={served}"
        ), False
    try:
        scorer = ModelScorer(served / TFLITE_FILE)
    except ScorerError as error:
        return f"version {served.name} cannot be asked: {error}; ./tears model rollback takes it out", False
    scores = []
    for clip in verdict.held_out:
        path = Path(clip.path)
        try:
            if sha256_of(path) != clip.sha256:
                return f"{path} has changed since: fine-tune again with --start_checkpoint={served}", False
            scores.append(scorer.score(read_wav(path, 0, WINDOW_SAMPLES)))
        except (OSError, RecordingError):
            return (
                f"its verdict is on another model than version {served.name}, and {path}, to compare them with, is "
                f"gone: fine-tune again with --start_checkpoint={served}"
            ), False
    labels = np.array([clip.is_crying for clip in verdict.held_out])
    rehearsal = np.array([scorer.score_waveform(window) for window in measured_windows()])
    recordings = [clip.recording for clip in verdict.held_out]
    old = merit_of(np.array(scores), labels, recordings, verdict.threshold, rehearsal)
    better, reason = is_better(verdict.new, old)
    return f"beside version {served.name}, {reason}", better
