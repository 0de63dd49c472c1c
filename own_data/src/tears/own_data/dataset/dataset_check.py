"""Check whether a folder of clips is fit to train on.

The folder is as trainers expect it: a folder for each label, clips of 5 s in it, and perhaps `_background_noise_`.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tears.audio.constants import WINDOW_SAMPLES, WINDOW_SECONDS
from tears.audio.format import Int16Array
from tears.own_data.clips.clip_facts import ClipFacts, clip_facts_of
from tears.own_data.clips.clip_folder import clip_files, other_files
from tears.own_data.clips.splits import BACKGROUND_NOISE, Split
from tears.own_data.clips.wav_files import read_wav
from tears.own_data.dataset import clip_findings, label_findings
from tears.own_data.dataset.finding import Finding, SplitShares
from tears.own_data.dataset.same_sound import Landmarks, SameSound, candidates, landmarks, same_sounds


@dataclass(frozen=True, kw_only=True)
class LabelSummary:
    """Figures of the usable clips of a label."""

    clips: int
    minutes: float
    recordings: int
    by_split: Mapping[Split, int]
    level_dbfs: float
    clipped_clips: int


@dataclass(frozen=True, kw_only=True)
class DatasetReport:
    """The findings and the figures of a folder."""

    folder: Path
    labels: Mapping[str, LabelSummary]
    findings: tuple[Finding, ...]

    @property
    def is_fit(self) -> bool:
        """Return whether there are no faults."""
        return not any(finding.is_fault for finding in self.findings)


def check_dataset(
    folder: Path,
    shares: SplitShares,
    allowed: Collection[str] = (),
    gain_clipped: Mapping[str, float] | None = None,
    progress: Callable[[Sequence[Path]], Iterable[Path]] = lambda paths: paths,
) -> DatasetReport:
    """Check a folder.

    Args:
        folder: The folder of the labels' folders.
        shares: How it is going to be split.
        allowed: Kinds of findings that are not faults here.
        gain_clipped: For each clip's path in the folder, the share of the clip that the gain of `tears slice` clipped.
        progress: Yields the given paths, and may show how many have been read.

    Raises:
        ClipError: The path is not a folder, or there are no WAVs in it.
    """
    files = clip_files(folder)
    labels = [name for name in files if name != BACKGROUND_NOISE]
    facts, landmarks_of = _look(folder, files, progress)
    usable = [one for one in facts if not one.kind and one.label != BACKGROUND_NOISE]
    same = _same_sounds(folder, landmarks_of)
    named = {one.name: one for one in usable}
    found = [
        *label_findings.label_names(labels),
        *label_findings.empty_labels(files),
        *label_findings.left_out_files(other_files(folder)),
        *clip_findings.unusable_files(facts),
        *clip_findings.silent_clips(usable),
        *clip_findings.clipped_clips(usable, gain_clipped or {}),
        *clip_findings.repeated_sounds(same, named, shares),
        *label_findings.split_clips(usable, shares),
        *label_findings.unsplit_labels(usable, shares),
        *label_findings.balance(usable, labels),
    ]
    return DatasetReport(
        folder=folder,
        labels={label: _summary([one for one in usable if one.label == label], shares) for label in labels},
        findings=(
            *(one.allowed() if one.kind in allowed else one for one in found),
            # A user may allow each single fault, but not a label without a usable clip.
            *label_findings.useless_labels(facts, allowed),
        ),
    )


def _look(
    folder: Path, files: Mapping[str, Sequence[Path]], progress: Callable[[Sequence[Path]], Iterable[Path]]
) -> tuple[list[ClipFacts], dict[str, Landmarks]]:
    """Return the facts of all files, and the landmarks of the clips that are not silent, by name."""
    label_of = {path: label for label, paths in files.items() for path in paths}
    facts, landmarks_of = [], {}
    for path in progress(list(label_of)):
        label = label_of[path]
        name = path.relative_to(folder).as_posix()
        one, samples = clip_facts_of(path, name, label, None if label == BACKGROUND_NOISE else float(WINDOW_SECONDS))
        facts.append(one)
        if samples is not None and not one.is_silent and label != BACKGROUND_NOISE:
            landmarks_of[name] = landmarks(samples)
    return facts, landmarks_of


def _same_sounds(folder: Path, landmarks_of: Mapping[str, Landmarks]) -> list[tuple[str, str, SameSound]]:
    names = list(landmarks_of)

    def clip_at(place: int) -> Int16Array:
        return read_wav(folder / names[place], 0, WINDOW_SAMPLES)

    pairs = candidates(list(landmarks_of.values()))
    return [(names[one.first], names[one.second], one) for one in same_sounds(pairs, len(names), clip_at)]


def _summary(clips: Sequence[ClipFacts], shares: SplitShares) -> LabelSummary:
    splits = [shares.split_of(one) for one in clips]
    return LabelSummary(
        clips=len(clips),
        minutes=sum(one.seconds for one in clips) / 60,
        recordings=len({one.recording for one in clips}),
        by_split={split: splits.count(split) for split in Split},
        level_dbfs=float(np.median([one.level_dbfs for one in clips])) if clips else float("nan"),
        clipped_clips=sum(one.clipped_share > clip_findings.MOST_CLIPPED for one in clips),
    )
