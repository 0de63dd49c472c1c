"""Whether a folder of clips is fit to learn from: what is found in it, and the verdict.

The folder is one as trainers take it: a folder for each label, clips of 5 s in it, and perhaps `_background_noise_`.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tears.audio.constants import MODEL_RATE_HZ, WINDOW_SECONDS
from tears.audio.format import Int16Array
from tears.own_data.clips.clip_facts import ClipFacts, look_at
from tears.own_data.clips.clip_folder import clip_files
from tears.own_data.clips.splits import BACKGROUND_NOISE, Split
from tears.own_data.clips.wav_files import read_wav
from tears.own_data.dataset import dataset_findings as findings_of
from tears.own_data.dataset.dataset_findings import Finding, Shares
from tears.own_data.dataset.same_sound import Landmarks, SameSound, candidates, landmarks, same_sounds


@dataclass(frozen=True, kw_only=True)
class LabelSummary:
    """What there is of a label: clips that can be used, and of which many are clipped."""

    clips: int
    minutes: float
    recordings: int
    by_split: Mapping[Split, int]
    level_dbfs: float
    clipped_clips: int


@dataclass(frozen=True, kw_only=True)
class Report:
    """What was found in a folder."""

    folder: Path
    labels: Mapping[str, LabelSummary]
    findings: tuple[Finding, ...]

    @property
    def is_fit(self) -> bool:
        """Whether there are no faults."""
        return not any(finding.is_fault for finding in self.findings)


def check_dataset(
    folder: Path,
    shares: Shares,
    allowed: Collection[str] = (),
    gain_clipped: Mapping[str, float] | None = None,
    progress: Callable[[Sequence[Path]], Iterable[Path]] = lambda paths: paths,
) -> Report:
    """Looks a folder over.

    Args:
        folder: Of the labels' folders.
        shares: How it is going to be split.
        allowed: Kinds of findings that are no faults here.
        gain_clipped: Clip, relative to the folder -> the share of it that was clipped by the gain it was cut with.
        progress: Wraps the files that are read.

    Raises:
        ClipError: It is no folder, or there are no WAVs in it.
    """
    files = clip_files(folder)
    labels = [name for name in files if name != BACKGROUND_NOISE]
    facts, heard = _look(folder, files, progress)
    usable = [one for one in facts if not one.kind and one.label != BACKGROUND_NOISE]
    same = _same_sounds(folder, heard)
    named = {one.name: one for one in usable}
    found = [
        *findings_of.label_names(labels),
        *findings_of.empty_labels(files),
        *findings_of.unusable_files(facts),
        *findings_of.silent_clips(usable),
        *findings_of.clipped_clips(usable, gain_clipped or {}),
        *findings_of.repeated_sounds(same, named, shares),
        *findings_of.parted_slices(usable, shares),
        *findings_of.splits(usable, shares),
        *findings_of.balance(usable, labels),
    ]
    return Report(
        folder=folder,
        labels={label: _summary([one for one in usable if one.label == label], shares) for label in labels},
        findings=(
            *(one.allowed() if one.kind in allowed else one for one in found),
            # What is wrong with each may be allowed; that nothing is left may not.
            *findings_of.useless_labels(facts, allowed),
        ),
    )


def _look(
    folder: Path, files: Mapping[str, Sequence[Path]], progress: Callable[[Sequence[Path]], Iterable[Path]]
) -> tuple[list[ClipFacts], dict[str, Landmarks]]:
    """The facts of all files, and the landmarks of the clips that are not silent, by name."""
    label_of = {path: label for label, paths in files.items() for path in paths}
    facts, heard = [], {}
    for path in progress(list(label_of)):
        label = label_of[path]
        name = path.relative_to(folder).as_posix()
        one, samples = look_at(path, name, label, None if label == BACKGROUND_NOISE else float(WINDOW_SECONDS))
        facts.append(one)
        if samples is not None and not one.is_silent and label != BACKGROUND_NOISE:
            heard[name] = landmarks(samples)
    return facts, heard


def _same_sounds(folder: Path, heard: Mapping[str, Landmarks]) -> list[tuple[str, str, SameSound]]:
    names = list(heard)

    def clip_at(place: int) -> Int16Array:
        return read_wav(folder / names[place], 0, WINDOW_SECONDS * MODEL_RATE_HZ)

    pairs = candidates(list(heard.values()))
    return [(names[one.first], names[one.second], one) for one in same_sounds(pairs, len(names), clip_at)]


def _summary(clips: Sequence[ClipFacts], shares: Shares) -> LabelSummary:
    splits = [shares.split_of(one) for one in clips]
    return LabelSummary(
        clips=len(clips),
        minutes=sum(one.seconds for one in clips) / 60,
        recordings=len({one.recording for one in clips}),
        by_split={split: splits.count(split) for split in Split},
        level_dbfs=float(np.median([one.level_dbfs for one in clips])) if clips else float("nan"),
        clipped_clips=sum(one.clipped_share > findings_of.MOST_CLIPPED for one in clips),
    )
