"""Choose the clips that may be cut from the unlabelled parts of recordings, and the quiet ones among them. Pure."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from tears.audio.constants import SILENCE_DBFS
from tears.own_data.clips.clip_names import Slice
from tears.own_data.clips.labelled_slices import OwnRecording, contiguous_runs, window_starts
from tears.own_data.labels.label_track import Label

# Parents note times to the minute.
GUARD_SECONDS: Final = 60.0
# The quiet clips of this time are one group. If a whole night were one group, nothing could be held out.
REST_GROUP_SECONDS: Final = 600.0
# A fifth of the windows are below the level of the room alone.
_FLOOR_PERCENT: Final = 20
# A window that is louder than the room by more than this has some sound in it.
MOST_ABOVE_FLOOR_DB: Final = 6.0


def unlabelled_slices(recordings: Sequence[OwnRecording], name: str) -> list[Slice]:
    """Return every clip that has no label and is at least a minute away from each label.

    The clips get the label `name`; they may be next to labels of that name.
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


def quiet_among(levels_dbfs: Sequence[float]) -> list[int]:
    """Return the places of the quiet windows among those of one room, by their levels before gain.

    Digital silence does not count: it comes from a microphone that was muted.
    """
    sounding = [level for level in levels_dbfs if level > SILENCE_DBFS]
    if not sounding:
        return []
    highest = float(np.percentile(sounding, _FLOOR_PERCENT)) + MOST_ABOVE_FLOOR_DB
    return [place for place, level in enumerate(levels_dbfs) if SILENCE_DBFS < level <= highest]


def spread_evenly(slices: Sequence[Slice], count: int) -> list[Slice]:
    """Return at most `count` of the slices, spread over the night."""
    if count >= len(slices):
        return list(slices)
    return [slices[(2 * k + 1) * len(slices) // (2 * count)] for k in range(count)]


def _labels_of_run(recordings: Sequence[OwnRecording], run: Sequence[int]) -> list[Label]:
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


def _labels_by_clock(recordings: Sequence[OwnRecording]) -> list[Label]:
    """Return the labels of all recordings whose time is known, in seconds since 1970."""
    return [
        Label(one.begins_at_seconds + label.begin_seconds, one.begins_at_seconds + label.end_seconds, label.name)
        for one in recordings
        if one.begins_at_seconds is not None
        for label in one.labels
    ]


def _labels_near(recording: OwnRecording, by_clock: Sequence[Label], of_run: Sequence[Label]) -> list[Label]:
    """Return the labels that may lie near a recording, in seconds of its session.

    These are the labels near it by the clock or, if its time is not known, those of its run.
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


def _gaps(recording: OwnRecording, labels: Sequence[Label], name: str) -> Iterator[tuple[float, float]]:
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
