"""Find what may be wrong with whole labels, their split and their balance. Pure: facts in, findings out."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from tears.own_data.clips.clip_facts import ClipFacts
from tears.own_data.clips.clip_names import NOHASH
from tears.own_data.clips.left_out import left_out_words
from tears.own_data.clips.splits import BACKGROUND_NOISE, Split
from tears.own_data.dataset.finding import Finding, SplitShares
from tears.own_data.errors import LabelError
from tears.own_data.labels.label_names import check_name

# The ratio of two labels' clips: above the first it is noted, and above the second it is a fault.
UNEVEN_RATIO, LOPSIDED_RATIO = 3.0, 10.0
LEAST_RECORDINGS: Final = 2

_COUNTER_PATTERN: Final = re.compile(r"[-_. ]*\(?\d{1,6}\)?\Z")


def label_names(labels: Sequence[str]) -> Iterator[Finding]:
    """Find folders that are probably misspelt, or whose name cannot be a label."""
    for label in labels:
        try:
            check_name(label)
        except LabelError as error:
            yield Finding("label", f"{error}; rename the folder")


def useless_labels(facts: Sequence[ClipFacts], allowed: Collection[str]) -> Iterator[Finding]:
    """Find labels without a usable clip, although the user has allowed each of their faults."""
    for label in sorted({one.label for one in facts} - {BACKGROUND_NOISE}):
        kinds = {one.kind for one in facts if one.label == label}
        if "" not in kinds and kinds <= set(allowed):
            yield Finding(
                "empty", f"{label} has no clip that a trainer could use, even with the allowed faults; correct some"
            )


def empty_labels(files: Mapping[str, Sequence[object]]) -> Iterator[Finding]:
    """Find labels without clips, and a folder with only one label."""
    for label, paths in files.items():
        if not paths:
            yield Finding("empty", f"{label}/ holds no WAV; cut clips of it, or remove the folder")
    full = [label for label, paths in files.items() if paths and label != BACKGROUND_NOISE]
    if len(full) == 1:
        yield Finding(
            "empty", f"there is only {full[0]}, and nothing to compare it with; add quiet: ./tears slice --rest quiet"
        )


def left_out_files(paths: Sequence[Path]) -> Iterator[Finding]:
    """Find files that are not WAVs in a label's folder; no trainer reads them."""
    if words := left_out_words(paths):
        yield Finding("other", f"{words}: trainers take WAVs in a folder for each label", is_fault=False)


def split_clips(clips: Sequence[ClipFacts], shares: SplitShares) -> Iterator[Finding]:
    """Find clips that look like slices of one recording, but whose names put them into several splits."""
    groups: dict[tuple[str, str], list[ClipFacts]] = defaultdict(list)
    for one in clips:
        stem = one.path.stem
        found = _COUNTER_PATTERN.search(stem)
        if NOHASH not in one.path.name and found and found.start():
            groups[one.label, stem[: found.start()]].append(one)
    for (label, stem), members in groups.items():
        splits = sorted({str(shares.split_of(one)) for one in members})
        if len(splits) > 1:
            yield Finding(
                "leakage",
                f"{label}/{stem}*: {len(members)} clips that look like slices of one recording are in "
                f"{', '.join(splits)}: figures would be too good. Name slices {stem}{NOHASH}0.wav and so on, as tears "
                "slice does; if each is a recording of its own, --allow leakage",
                tuple(one.name for one in members),
            )


def unsplit_labels(clips: Sequence[ClipFacts], shares: SplitShares) -> Iterator[Finding]:
    """Find labels that cannot have a recording held out, or that are missing in a split."""
    of_label: dict[str, list[ClipFacts]] = defaultdict(list)
    for one in clips:
        of_label[one.label].append(one)
    for label, members in of_label.items():
        recordings = {one.recording for one in members}
        if len(recordings) < LEAST_RECORDINGS:
            yield Finding(
                "split",
                f"{label}: all clips are of one recording, so that none can be held out; add clips of another "
                "night, or of another episode",
                tuple(one.name for one in members),
            )
            continue
        have = {shares.split_of(one) for one in members}
        wanted = {Split.TRAINING: 100.0, Split.VALIDATION: shares.validation_percentage}
        wanted[Split.TESTING] = shares.testing_percentage
        missing = [str(split) for split, share in wanted.items() if share and split not in have]
        if missing:
            yield Finding(
                "split",
                f"{label}: none of its {len(recordings)} recordings falls into {' and '.join(missing)}; add some, or "
                "raise --validation_percentage or --testing_percentage (--fine_tune holds out what it needs)",
                is_fault=False,
            )


def balance(clips: Sequence[ClipFacts], labels: Sequence[str]) -> Iterator[Finding]:
    """Find out whether one label has many times the clips of another."""
    counts = {label: sum(one.label == label for one in clips) for label in labels}
    full = {label: count for label, count in counts.items() if count}
    if len(full) < 2:  # noqa: PLR2004 - two to compare
        return
    most, least = max(full, key=lambda label: full[label]), min(full, key=lambda label: full[label])
    ratio = full[most] / full[least]
    if ratio > UNEVEN_RATIO:
        yield Finding(
            "balance",
            f"{full[most]} clips of {most} and {full[least]} of {least}: {ratio:.0f} to 1; add {least}, or take fewer "
            f"of {most} (./tears slice --rest-clips)",
            is_fault=ratio > LOPSIDED_RATIO,
        )
