"""Which clips are cut from labelled recordings, and what they are called. Pure.

A clip is 5 s of one file, wholly inside one label. Its name is ``<recording>_nohash_<k>.wav``: trainers hash what
stands before ``_nohash_`` to choose its split, so that clips of one recording are never on both sides.

`tears record` writes a night as files of 30 s. A bout that goes on through sixteen of them, with pauses or a gap in it,
gives clips of one name: that of the file in which it begins.
"""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from tears.audio.window_positions import native_window_samples
from tears.own_data.errors import SliceError
from tears.own_data.labels.labels_file import Label

NOHASH: Final = "_nohash_"
# What parents note is good to the minute.
GUARD_SECONDS: Final = 60.0
# A night's quiet counts as one recording for so long: more would leave nothing to hold out.
REST_RECORDING_SECONDS: Final = 600.0
# Labels of one name that are no farther apart, with no other between, are parts of one bout, as parents note them.
SAME_BOUT_SECONDS: Final = 120.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Recorded:
    """A file of sound, and what is known of it.

    Attributes:
        stem: What its clips are called after.
        rate_hz: Of its samples.
        samples: Its length.
        labels: In the order of time; none overlap.
        session: Files of one session are parts of one recording; "": this one stands alone.
        first_sample: Where it begins in its session.
        begins_at_seconds: Its first sample by the clock, since 1970; None where nobody knows.
    """

    stem: str
    rate_hz: int
    samples: int
    labels: tuple[Label, ...]
    session: str = ""
    first_sample: int = 0
    begins_at_seconds: float | None = None

    @property
    def part_of(self) -> str:
        """Its session, or itself where it stands alone."""
        return self.session or self.stem

    @property
    def begin_seconds(self) -> float:
        """Where it begins in its session."""
        return self.first_sample / self.rate_hz

    @property
    def seconds(self) -> float:
        """Its length."""
        return self.samples / self.rate_hz


@dataclass(frozen=True, slots=True)
class Slice:
    """A clip to cut: 5 s from `first_sample` of the recording at `place` in the list."""

    place: int
    first_sample: int
    label: str
    group: str


@dataclass(frozen=True, slots=True)
class NamedSlice:
    """A clip and the name of its file."""

    slice: Slice
    name: str


def labelled_slices(recordings: Sequence[Recorded]) -> list[Slice]:
    """Every clip that lies wholly inside a label, one after the other from the label's begin.

    Returns:
        In the order of the recordings' sessions and of time.
    """
    slices = []
    # What the last label of each session was, of which recording, and where it ended: a gap does not end a bout.
    last: dict[str, tuple[str, str, float]] = {}
    for run in runs(recordings):
        for place in run:
            recorded = recordings[place]
            for label in recorded.labels:
                begin = recorded.begin_seconds + label.begin_seconds
                name, group, ended = last.get(recorded.part_of, ("", "", -math.inf))
                if label.name != name or begin - ended > SAME_BOUT_SECONDS:
                    group = recorded.stem
                ended = recorded.begin_seconds + min(label.end_seconds, recorded.seconds)
                last[recorded.part_of] = label.name, group, ended
                slices += [
                    Slice(place, first, label.name, group)
                    for first in _starts(recorded, label.begin_seconds, label.end_seconds)
                ]
    return slices


def rest_slices(recordings: Sequence[Recorded], name: str) -> list[Slice]:
    """Every clip of what nobody labelled, a minute away from what somebody did.

    Args:
        recordings: With their labels.
        name: The label that they get; a stretch that has it already keeps no distance.
    """
    slices = []
    by_clock = _by_clock(recordings)
    for run in runs(recordings):
        told = _spans(recordings, run)
        group, group_begin = "", float("-inf")
        for place in run:
            recorded = recordings[place]
            for begin, end in _gaps(recorded, _near(recorded, by_clock, told), name):
                for first in _starts(recorded, begin, end):
                    at = recorded.begin_seconds + first / recorded.rate_hz
                    if at - group_begin >= REST_RECORDING_SECONDS:
                        group, group_begin = recorded.stem, at
                    slices.append(Slice(place, first, name, group))
    return slices


def runs(recordings: Sequence[Recorded]) -> list[list[int]]:
    """Places of the recordings that follow each other without a gap, in the order of time.

    Raises:
        SliceError: Two of one session hold the same samples.
    """
    sessions: dict[str, list[int]] = defaultdict(list)
    found = []
    for place, recorded in enumerate(recordings):
        if recorded.session:
            sessions[recorded.session].append(place)
        else:
            found.append([place])
    for places in sessions.values():
        places.sort(key=lambda place: recordings[place].first_sample)
        run: list[int] = []
        for place in places:
            last = recordings[run[-1]] if run else None
            end_sample = last.first_sample + last.samples if last else 0
            if last and recordings[place].first_sample < end_sample:
                raise SliceError(f"{last.stem} and {recordings[place].stem} hold the same sound; give one of them only")
            if last and recordings[place].first_sample > end_sample:
                found.append(run)
                run = []
            run.append(place)
        found.append(run)
    return found


def evenly(slices: Sequence[Slice], count: int) -> list[Slice]:
    """At most so many of them, from all over the night."""
    if count >= len(slices):
        return list(slices)
    return [slices[(2 * k + 1) * len(slices) // (2 * count)] for k in range(count)]


def named(slices: Sequence[Slice]) -> list[NamedSlice]:
    """Gives each its file name; the clips of one recording are numbered through, whatever their labels.

    Raises:
        SliceError: A recording's name has ``_nohash_`` in it.
    """
    numbers: dict[str, int] = {}
    found = []
    for one in slices:
        if NOHASH in one.group:
            raise SliceError(f"the name {one.group} has {NOHASH} in it, as clips have; rename the recording")
        number = numbers.get(one.group, 0)
        numbers[one.group] = number + 1
        found.append(NamedSlice(one, f"{one.group}{NOHASH}{number}.wav"))
    return found


def group_of(name: str) -> str:
    """The recording, or the bout, that a clip is named after."""
    return name.split(NOHASH, 1)[0]


def _starts(recorded: Recorded, begin_seconds: float, end_seconds: float) -> Iterator[int]:
    """First samples of the whole windows inside, one after the other."""
    size = native_window_samples(recorded.rate_hz)
    first, last = (_sample(seconds, recorded.rate_hz) for seconds in (begin_seconds, end_seconds))
    first, last = max(0, first), min(recorded.samples, last)
    while first + size <= last:
        yield first
        first += size


def _sample(seconds: float, rate_hz: int) -> int:
    """The sample nearest to a time: half up, as sox's trim has it."""
    return math.floor(seconds * rate_hz + 0.5)


def _spans(recordings: Sequence[Recorded], run: Sequence[int]) -> list[Label]:
    """The labels of a run, in seconds of its session."""
    return [
        Label(
            recordings[place].begin_seconds + label.begin_seconds,
            recordings[place].begin_seconds + min(label.end_seconds, recordings[place].seconds),
            label.name,
        )
        for place in run
        for label in recordings[place].labels
    ]


def _by_clock(recordings: Sequence[Recorded]) -> list[Label]:
    """The labels of all recordings whose time is known, in seconds since 1970."""
    return [
        Label(one.begins_at_seconds + label.begin_seconds, one.begins_at_seconds + label.end_seconds, label.name)
        for one in recordings
        if one.begins_at_seconds is not None
        for label in one.labels
    ]


def _near(recorded: Recorded, by_clock: Sequence[Label], told: Sequence[Label]) -> list[Label]:
    """The labels that may lie near a recording, in seconds of its session: by the clock, or else those of its run."""
    if recorded.begins_at_seconds is None:
        return list(told)
    begin, end = (
        recorded.begins_at_seconds - GUARD_SECONDS,
        recorded.begins_at_seconds + recorded.seconds + GUARD_SECONDS,
    )
    shift = recorded.begin_seconds - recorded.begins_at_seconds
    return [
        Label(label.begin_seconds + shift, label.end_seconds + shift, label.name)
        for label in by_clock
        if label.begin_seconds < end and label.end_seconds > begin
    ]


def _gaps(recorded: Recorded, told: Sequence[Label], name: str) -> Iterator[tuple[float, float]]:
    """What of a file is far enough from every label; seconds from its start."""
    closed = []
    for label in told:
        guard = 0.0 if label.name == name else GUARD_SECONDS
        closed.append((label.begin_seconds - guard, label.end_seconds + guard))
    at = 0.0
    for begin, end in sorted(closed):
        begin_here, end_here = begin - recorded.begin_seconds, end - recorded.begin_seconds
        if begin_here >= recorded.seconds:
            break
        if begin_here > at:
            yield at, begin_here
        at = max(at, end_here)
    if at < recorded.seconds:
        yield at, recorded.seconds
