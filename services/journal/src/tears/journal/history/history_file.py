"""The history file: what pages and the API read and write of it. Safe to use from any thread."""

import datetime as dt
from pathlib import Path

from tears.journal.history.records import (
    DayFigures,
    KeptClip,
    KeptEpisode,
    KeptStretch,
    NearMiss,
    NightSeries,
    ParentLabel,
    Verdict,
)
from tears.kit.clock import Clock


class HistoryFile:
    """One SQLite file with one writer; each reader borrows a connection of its own.

    Every method blocks on the disk, so a request calls it in the thread pool, never in the event loop. While the file
    cannot be used, methods that read return nothing, methods that write raise HistoryFileError, and `fault` has the
    reason and the cure in words for a parent.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        """Open the file, and make it if it does not exist; one that cannot be used ends nothing."""
        self._path = path
        self._clock = clock
        self.fault = ""

    def episode(self, episode_id: str) -> KeptEpisode | None:
        """Return an episode; None if there is none with this id."""
        raise NotImplementedError

    def near_miss(self, near_miss_id: str) -> NearMiss | None:
        """Return a near miss; None if there is none with this id."""
        raise NotImplementedError

    def episodes(self, mic: str | None, from_at: float, to_at: float) -> list[KeptEpisode]:
        """Return the episodes of one room, or of all, that began or went on in this time, the earliest first."""
        raise NotImplementedError

    def near_misses(self, mic: str | None, from_at: float, to_at: float) -> list[NearMiss]:
        """Return the near misses of one room, or of all, that began or went on in this time, the earliest first."""
        raise NotImplementedError

    def mics(self) -> list[str]:
        """Return the microphones of which anything is known, by the names of their rooms."""
        raise NotImplementedError

    def series(self, mic: str, from_at: float, to_at: float) -> NightSeries:
        """Return the scores and levels of one room; it begins at the whole second at or before `from_at`."""
        raise NotImplementedError

    def night(self, evening: dt.date) -> KeptStretch:
        """Return the night that began in this evening, 18:00 to 10:00."""
        raise NotImplementedError

    def day(self, date: dt.date) -> KeptStretch:
        """Return a day from midnight to midnight."""
        raise NotImplementedError

    def days(self, first: dt.date, last: dt.date) -> list[DayFigures]:
        """Return the figures of the days from `first` to `last`, by day and room; rooms without anything left out."""
        raise NotImplementedError

    def nights(self, first: dt.date, last: dt.date) -> list[DayFigures]:
        """Return the figures of the nights, by the dates of their evenings, as `days` does."""
        raise NotImplementedError

    def labels(self, from_at: float = 0.0, to_at: float = float("inf")) -> list[ParentLabel]:
        """Return what the parents have said of sounds in this time, the earliest sound first."""
        raise NotImplementedError

    def label(
        self,
        mic: str,
        from_at: float,
        to_at: float,
        verdict: Verdict,
        *,
        made_by: str,
        episode_id: str | None = None,
        near_miss_id: str | None = None,
    ) -> ParentLabel:
        """Keep what a parent says of a sound; it is on the disk when this returns.

        A second label of the same episode or near miss replaces the first. A label without either is a mark.

        Raises:
            HistoryFileError: the file cannot be written; or there is no such episode or near miss.
        """
        raise NotImplementedError

    def unlabel(self, label_id: str) -> bool:
        """Forget a label; return whether there was one. Raises as `label` does."""
        raise NotImplementedError

    def star(self, episode_id: str, *, starred: bool) -> bool:
        """Star an episode, so that it stays whatever its age, or no longer; return whether there is one."""
        raise NotImplementedError

    def delete(self, episode_id: str) -> bool:
        """Delete an episode or a near miss for good, with its label; return whether there was one.

        The caller deletes its clip. What Redis still has of it does not bring it back.
        """
        raise NotImplementedError

    def set_clip(self, clip_id: str, clip: KeptClip) -> None:
        """Note what became of the clip of an episode, a near miss or a mark. Raises as `label` does."""
        raise NotImplementedError
