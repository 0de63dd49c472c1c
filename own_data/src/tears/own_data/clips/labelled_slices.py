"""Choose which clips are cut from the labelled parts of recordings. Pure.

A clip is 5 s of one file, wholly inside one label. `tears record` writes a night as files of 30 s: an episode in
several files, even with pauses or a gap, gives clips of one group, named after the file in which it begins.
"""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tears.audio.window_positions import native_window_samples
from tears.own_data.clips.clip_names import Slice
from tears.own_data.errors import SliceError
from tears.own_data.labels.label_track import Label
from tears.sound_files.readable_name import readable_name

# Labels with the same name belong to one episode if they are no farther apart and no other label is between them.
SAME_EPISODE_SECONDS: Final = 120.0


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnRecording:
    """A file of sound; its clips are named after it.

    Attributes:
        samples: The number of its samples, per channel.
        session: The microphone and its session; files of one session are parts of one recording. "" for other files.
        first_sample: Where it begins in its session.
        begins_at_seconds: Wall clock of its first sample, since 1970; None if that is not known.
        labels: What is heard in it, in the order of time; none overlap.
    """

    path: Path
    rate_hz: int
    samples: int
    session: str = ""
    first_sample: int = 0
    begins_at_seconds: float | None = None
    labels: tuple[Label, ...] = ()

    @property
    def stem(self) -> str:
        """Return the beginning of its clips' names, which are UTF-8 even if its own is not."""
        return readable_name(self.path.stem)

    @property
    def name(self) -> str:
        """Return its name for lists of clips."""
        return readable_name(self.path.name)

    @property
    def part_of(self) -> str:
        """Return its session, or its stem if it belongs to none."""
        return self.session or self.stem

    @property
    def begin_seconds(self) -> float:
        """Return where it begins in its session."""
        return self.first_sample / self.rate_hz

    @property
    def seconds(self) -> float:
        """Return its length."""
        return self.samples / self.rate_hz


def labelled_slices(recordings: Sequence[OwnRecording]) -> list[Slice]:
    """Return every clip that lies wholly inside a label, in the order of the sessions and of time.

    The first clip of a label begins with the label; the others follow without a gap.
    """
    slices = []
    # For each session, the name of the last label, its group and its end: a gap between files does not end an episode.
    last: dict[str, tuple[str, str, float]] = {}
    for run in contiguous_runs(recordings):
        for place in run:
            recording = recordings[place]
            for label in recording.labels:
                begin = recording.begin_seconds + label.begin_seconds
                name, group, ended = last.get(recording.part_of, ("", "", -math.inf))
                if label.name != name or begin - ended > SAME_EPISODE_SECONDS:
                    group = recording.stem
                ended = recording.begin_seconds + min(label.end_seconds, recording.seconds)
                last[recording.part_of] = label.name, group, ended
                slices += [
                    Slice(place, first, label.name, group)
                    for first in window_starts(recording, label.begin_seconds, label.end_seconds)
                ]
    return slices


def contiguous_runs(recordings: Sequence[OwnRecording]) -> list[list[int]]:
    """Return runs of recordings that follow each other without a gap: their places in the list, in order of time.

    Raises:
        SliceError: Two recordings of one session hold the same samples.
    """
    sessions: dict[str, list[int]] = defaultdict(list)
    found = []
    for place, recording in enumerate(recordings):
        if recording.session:
            sessions[recording.session].append(place)
        else:
            found.append([place])
    for places in sessions.values():
        places.sort(key=lambda place: recordings[place].first_sample)
        run: list[int] = []
        for place in places:
            last = recordings[run[-1]] if run else None
            end_sample = last.first_sample + last.samples if last else 0
            if last and recordings[place].first_sample < end_sample:
                raise SliceError(f"{last.stem} and {recordings[place].stem} hold the same sound; give only one of them")
            if last and recordings[place].first_sample > end_sample:
                found.append(run)
                run = []
            run.append(place)
        found.append(run)
    return found


def window_starts(recording: OwnRecording, begin_seconds: float, end_seconds: float) -> range:
    """Return the first samples of the whole windows between two times, one after the other."""
    size = native_window_samples(recording.rate_hz)
    # The nearest samples, rounded half up as sox's trim does.
    first, last = (math.floor(seconds * recording.rate_hz + 0.5) for seconds in (begin_seconds, end_seconds))
    return range(max(0, first), min(recording.samples, last) - size + 1, size)
