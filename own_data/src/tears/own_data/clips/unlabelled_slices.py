"""Choose which clips may be cut from the parts of recordings that have no label. Pure."""

from collections.abc import Iterator, Sequence
from typing import Final

from tears.own_data.clips.clip_names import Slice
from tears.own_data.clips.labelled_slices import LabelledRecording, contiguous_runs, window_starts
from tears.own_data.labels.label_track import Label

# Parents note times to the minute.
GUARD_SECONDS: Final = 60.0
# The quiet of a night counts as one recording for this long: a whole night in one would leave nothing to hold out.
REST_GROUP_SECONDS: Final = 600.0


def unlabelled_slices(recordings: Sequence[LabelledRecording], name: str) -> list[Slice]:
    """Return every clip that has no label and is at least a minute away from each label.

    Args:
        recordings: With their labels.
        name: The label that the clips get; a label of this name needs no distance.
    """
    slices = []
    by_clock = _labels_by_clock(recordings)
    for run in contiguous_runs(recordings):
        of_run = _labels_of_run(recordings, run)
        group, group_begin = "", float("-inf")
        for place in run:
            recording = recordings[place]
            for begin, end in _gaps(recording, _labels_near(recording, by_clock, of_run), name):
                for first in window_starts(recording, begin, end):
                    at = recording.begin_seconds + first / recording.rate_hz
                    if at - group_begin >= REST_GROUP_SECONDS:
                        group, group_begin = recording.stem, at
                    slices.append(Slice(place, first, name, group))
    return slices


def spread_evenly(slices: Sequence[Slice], count: int) -> list[Slice]:
    """Return at most `count` of them, spread over the night."""
    if count >= len(slices):
        return list(slices)
    return [slices[(2 * k + 1) * len(slices) // (2 * count)] for k in range(count)]


def _labels_of_run(recordings: Sequence[LabelledRecording], run: Sequence[int]) -> list[Label]:
    """Return the labels of a run, in seconds of its session."""
    return [
        Label(
            recordings[place].begin_seconds + label.begin_seconds,
            recordings[place].begin_seconds + min(label.end_seconds, recordings[place].seconds),
            label.name,
        )
        for place in run
        for label in recordings[place].labels
    ]


def _labels_by_clock(recordings: Sequence[LabelledRecording]) -> list[Label]:
    """Return the labels of all recordings whose time is known, in seconds since 1970."""
    return [
        Label(one.begins_at_seconds + label.begin_seconds, one.begins_at_seconds + label.end_seconds, label.name)
        for one in recordings
        if one.begins_at_seconds is not None
        for label in one.labels
    ]


def _labels_near(recording: LabelledRecording, by_clock: Sequence[Label], of_run: Sequence[Label]) -> list[Label]:
    """Return the labels that may lie near a recording, in seconds of its session.

    These are the labels near it by the clock; or, where its time is not known, those of its run.
    """
    if recording.begins_at_seconds is None:
        return list(of_run)
    begin = recording.begins_at_seconds - GUARD_SECONDS
    end = recording.begins_at_seconds + recording.seconds + GUARD_SECONDS
    shift = recording.begin_seconds - recording.begins_at_seconds
    return [
        Label(label.begin_seconds + shift, label.end_seconds + shift, label.name)
        for label in by_clock
        if label.begin_seconds < end and label.end_seconds > begin
    ]


def _gaps(recording: LabelledRecording, labels: Sequence[Label], name: str) -> Iterator[tuple[float, float]]:
    """Yield the parts of a recording that are far enough from every label, in seconds from its start."""
    closed = []
    for label in labels:
        guard = 0.0 if label.name == name else GUARD_SECONDS
        closed.append((label.begin_seconds - guard, label.end_seconds + guard))
    at = 0.0
    for begin, end in sorted(closed):
        begin_here, end_here = begin - recording.begin_seconds, end - recording.begin_seconds
        if begin_here >= recording.seconds:
            break
        if begin_here > at:
            yield at, begin_here
        at = max(at, end_here)
    if at < recording.seconds:
        yield at, recording.seconds
