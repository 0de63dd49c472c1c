"""What may be wrong with a folder of clips, one function for each thing. Pure: facts in, findings out."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from tears.own_data.clips.clip_facts import ClipFacts
from tears.own_data.clips.slicing import NOHASH
from tears.own_data.clips.splits import BACKGROUND_NOISE, Split, which_split
from tears.own_data.dataset.same_sound import SameSound, grouped
from tears.own_data.errors import LabelError
from tears.own_data.labels.label_names import check_name

KINDS: Final = (
    "label",
    "empty",
    "wav",
    "truncated",
    "rate",
    "channels",
    "format",
    "length",
    "silence",
    "clipping",
    "duplicate",
    "leakage",
    "split",
    "balance",
)

# Automatic gain clips a thousandth; a microphone that is turned up too far clips the top of every cry.
MOST_CLIPPED: Final = 0.02
# So many times as much of one label as of another.
UNEVEN, LOPSIDED = 3.0, 10.0
LEAST_RECORDINGS: Final = 2

_COUNTER: Final = re.compile(r"[-_. ]*\(?\d{1,6}\)?\Z")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it should be.

    Attributes:
        kind: One of `KINDS`.
        message: What, and the cure.
        clips: Names of the files, relative to the folder.
        is_fault: Whether the folder is unfit as long as it is so.
    """

    kind: str
    message: str
    clips: tuple[str, ...] = ()
    is_fault: bool = True

    def allowed(self) -> "Finding":
        """The same, of somebody who knows and goes on."""
        return replace(self, is_fault=False)


@dataclass(frozen=True, kw_only=True)
class Shares:
    """How the trainer is going to split."""

    validation_percentage: float = 10.0
    testing_percentage: float = 10.0

    def split_of(self, facts: ClipFacts) -> Split:
        """Where a clip goes."""
        return which_split(facts.path, self.validation_percentage, self.testing_percentage)


def label_names(labels: Sequence[str]) -> Iterator[Finding]:
    """Folders that are probably misspelt, or cannot be labels."""
    for label in labels:
        try:
            check_name(label)
        except LabelError as error:
            yield Finding("label", f"{error}; rename the folder")


def useless_labels(facts: Sequence[ClipFacts], allowed: Collection[str]) -> Iterator[Finding]:
    """Labels of which no clip can be used, whatever was allowed of them."""
    for label in sorted({one.label for one in facts} - {BACKGROUND_NOISE}):
        kinds = {one.kind for one in facts if one.label == label}
        if "" not in kinds and kinds <= set(allowed):
            yield Finding(
                "empty", f"{label} has no clip that a trainer could use, with what is allowed of them; mend some"
            )


def empty_labels(files: Mapping[str, Sequence[object]]) -> Iterator[Finding]:
    """Folders without clips, and a folder with one label alone."""
    for label, paths in files.items():
        if not paths:
            yield Finding("empty", f"{label}/ holds no WAV; cut clips of it, or remove the folder")
    told = [label for label, paths in files.items() if paths and label != BACKGROUND_NOISE]
    if len(told) == 1:
        yield Finding("empty", f"there is {told[0]} and nothing to tell it from; add quiet: tears slice --rest quiet")


def unusable_files(clips: Sequence[ClipFacts]) -> Iterator[Finding]:
    """Files that no trainer takes, by what is wrong with them."""
    of_kind: dict[str, list[ClipFacts]] = defaultdict(list)
    for one in clips:
        if one.kind:
            of_kind[one.kind].append(one)
    for kind, members in of_kind.items():
        more = f" (and {len(members) - 1} more)" if len(members) > 1 else ""
        first = members[0]
        yield Finding(kind, f"{first.name} {first.fault}{more}", tuple(one.name for one in members))


def silent_clips(clips: Sequence[ClipFacts]) -> Iterator[Finding]:
    """Clips with nothing in them: no room is as quiet as that."""
    silent = tuple(one.name for one in clips if one.is_silent)
    if silent:
        yield Finding(
            "silence",
            f"{_count(silent, 'clip')} of digital silence, as of a microphone that was muted: delete them",
            silent,
        )


def clipped_clips(clips: Sequence[ClipFacts], gain_clipped: Mapping[str, float]) -> Iterator[Finding]:
    """Clips that were clipped by the microphone, and those that were clipped on purpose."""
    many = [one for one in clips if one.clipped_share > MOST_CLIPPED]
    by_gain = tuple(one.name for one in many if gain_clipped.get(one.name, 0.0) > one.clipped_share / 2)
    by_microphone = tuple(one.name for one in many if one.name not in by_gain)
    if by_microphone:
        yield Finding(
            "clipping",
            f"{_count(by_microphone, 'clip')} with more than {MOST_CLIPPED:.0%} of the samples clipped: turn the "
            "microphone down and record anew, or, if they were amplified, cut them with tears slice --gain-db auto",
            by_microphone,
        )
    if by_gain:
        yield Finding(
            "clipping",
            f"{_count(by_gain, 'clip')} clipped by the gain that they were cut with; tears slice --gain-db auto keeps "
            "them whole",
            by_gain,
            is_fault=False,
        )


def repeated_sounds(
    same: Sequence[tuple[str, str, SameSound]], clips: Mapping[str, ClipFacts], shares: Shares
) -> Iterator[Finding]:
    """The same sound in two clips: counted twice, or of two labels, or on both sides of the split."""
    names = list(clips)
    place = {name: k for k, name in enumerate(names)}
    how = {frozenset((first, second)): one for first, second, one in same}
    for group in grouped((place[first], place[second]) for first, second, _ in same):
        members = tuple(names[k] for k in group)
        labels = sorted({clips[name].label for name in members})
        splits = sorted({str(shares.split_of(clips[name])) for name in members})
        what = f"{members[0]} and {members[1]} hold the same sound"
        one = how.get(frozenset(members[:2]))
        if one is not None:
            what += f" ({one.overlap_seconds:.1f} s of it, {one.gain_db:+.1f} dB, {one.shift_seconds:+.2f} s)"
        if len(members) > 2:  # noqa: PLR2004 - a pair
            what += f", as {len(members) - 2} more do"
        if len(labels) > 1:
            yield Finding("duplicate", f"{what}, under {' and '.join(labels)}; delete those that are wrong", members)
        elif len(splits) > 1:
            yield Finding(
                "leakage", f"{what}, and stand in {' and '.join(splits)}: figures would be flattered; keep one", members
            )
        else:
            yield Finding("duplicate", f"{what}; keep one", members)


def parted_slices(clips: Sequence[ClipFacts], shares: Shares) -> Iterator[Finding]:
    """Clips that are called like slices of one recording, and not so that they stay together."""
    groups: dict[tuple[str, str], list[ClipFacts]] = defaultdict(list)
    for one in clips:
        stem = one.path.stem
        found = _COUNTER.search(stem)
        if NOHASH not in one.path.name and found and found.start():
            groups[one.label, stem[: found.start()]].append(one)
    for (label, stem), members in groups.items():
        splits = sorted({str(shares.split_of(one)) for one in members})
        if len(splits) > 1:
            yield Finding(
                "leakage",
                f"{label}/{stem}*: {len(members)} clips that look like slices of one recording stand in "
                f"{', '.join(splits)}: figures would be flattered. Call slices {stem}{NOHASH}0.wav and so on, as tears "
                "slice does; if each is a recording of its own, --allow leakage",
                tuple(one.name for one in members),
            )


def splits(clips: Sequence[ClipFacts], shares: Shares) -> Iterator[Finding]:
    """Labels of which nothing can be, or is, held out."""
    of_label: dict[str, list[ClipFacts]] = defaultdict(list)
    for one in clips:
        of_label[one.label].append(one)
    for label, members in of_label.items():
        recordings = {one.recording for one in members}
        if len(recordings) < LEAST_RECORDINGS:
            yield Finding(
                "split",
                f"{label}: all clips are of one recording, so that none can be held out; add another night's, or "
                "another bout's",
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
    """One label many times another."""
    counts = {label: sum(one.label == label for one in clips) for label in labels}
    told = {label: count for label, count in counts.items() if count}
    if len(told) < 2:  # noqa: PLR2004 - two to compare
        return
    most, least = max(told, key=lambda label: told[label]), min(told, key=lambda label: told[label])
    ratio = told[most] / told[least]
    if ratio > UNEVEN:
        yield Finding(
            "balance",
            f"{told[most]} clips of {most} and {told[least]} of {least}: {ratio:.0f} to 1; add {least}, or take fewer "
            f"of {most} (tears slice --rest-clips)",
            is_fault=ratio > LOPSIDED,
        )


def _count(things: Sequence[object], noun: str) -> str:
    return f"1 {noun}" if len(things) == 1 else f"{len(things)} {noun}s"
