"""Find what may be wrong with single clips, or with two that hold the same sound. Pure: facts in, findings out."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from tears.own_data.clips.clip_facts import ClipFacts
from tears.own_data.dataset.finding import Finding, SplitShares, counted
from tears.own_data.dataset.same_sound import SameSound, grouped

# Automatic gain clips one sample in a thousand; a microphone that is set too loud clips the top of every cry.
MOST_CLIPPED: Final = 0.02


def unusable_files(clips: Sequence[ClipFacts]) -> Iterator[Finding]:
    """Find files that no trainer can use; one finding has all files with the same kind of fault."""
    of_kind: dict[str, list[ClipFacts]] = defaultdict(list)
    for one in clips:
        if one.kind:
            of_kind[one.kind].append(one)
    for kind, members in of_kind.items():
        more = f" (and {len(members) - 1} more)" if len(members) > 1 else ""
        first = members[0]
        yield Finding(kind, f"{first.name} {first.fault}{more}", tuple(one.name for one in members))


def silent_clips(clips: Sequence[ClipFacts]) -> Iterator[Finding]:
    """Find clips of digital silence: no room is that quiet."""
    silent = tuple(one.name for one in clips if one.is_silent)
    if silent:
        yield Finding(
            "silence",
            f"{counted(silent, 'clip')} of digital silence, as of a microphone that was muted: delete them",
            silent,
        )


def clipped_clips(clips: Sequence[ClipFacts], gain_clipped: Mapping[str, float]) -> Iterator[Finding]:
    """Find clips that the microphone has clipped, and clips that the gain of `tears slice` has clipped."""
    many = [one for one in clips if one.clipped_share > MOST_CLIPPED]
    by_gain = tuple(one.name for one in many if gain_clipped.get(one.name, 0.0) > one.clipped_share / 2)
    by_microphone = tuple(one.name for one in many if one.name not in by_gain)
    if by_microphone:
        yield Finding(
            "clipping",
            f"{counted(by_microphone, 'clip')} with more than {MOST_CLIPPED:.0%} of the samples clipped: turn the "
            "microphone down and record again, or, if they were amplified, cut them with ./tears slice --gain-db auto",
            by_microphone,
        )
    if by_gain:
        yield Finding(
            "clipping",
            f"{counted(by_gain, 'clip')} clipped by the gain that they were cut with; ./tears slice --gain-db auto "
            "keeps them whole",
            by_gain,
            is_fault=False,
        )


def repeated_sounds(
    same: Sequence[tuple[str, str, SameSound]], clips: Mapping[str, ClipFacts], shares: SplitShares
) -> Iterator[Finding]:
    """Find clips with the same sound: under one label, under two labels, or on both sides of the split."""
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
                "leakage", f"{what}, and are in {' and '.join(splits)}: figures would be too good; keep one", members
            )
        else:
            yield Finding("duplicate", f"{what}; keep one", members)
