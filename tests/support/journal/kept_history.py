"""A history of a test: rooms, seconds and episodes on the wall clock, without the services."""

from collections.abc import Sequence
from pathlib import Path

from tears.journal.history import HistoryFile, KeptEpisode, NearMiss
from tears.journal.history.heard_notes import HeardNotes
from tears.journal.history.history_file import HISTORY_FILE_NAME
from tears.kit.clock import ManualClock
from tears.kit.registry.mic_names import room_of_mic

# 15 January 2027, 08:00 UTC: the begin of an hour.
MORNING = 1_800_000_000.0


def open_history(folder: Path, clock: ManualClock | None = None) -> HistoryFile:
    """Return the history in a folder, with a clock that stands in that morning."""
    return HistoryFile(folder / HISTORY_FILE_NAME, clock or ManualClock(MORNING))


def crying(
    episode_id: str, began_at: float, seconds: float | None = 60.0, mic: str = "nursery", peak_score: float = 0.9
) -> KeptEpisode:
    """Return an episode that was alerted to after 2 s; without `seconds` it goes on."""
    return KeptEpisode(
        id=episode_id,
        mic=mic,
        room_name=room_of_mic(mic),
        began_at=began_at,
        alerted_at=began_at + 2.0,
        ended_at=None if seconds is None else began_at + seconds,
        peak_score=peak_score,
        level_dbfs=-120.0,
        ending="" if seconds is None else "quiet",
    )


def almost(near_miss_id: str, began_at: float, seconds: float = 8.0, mic: str = "nursery") -> NearMiss:
    """Return a near miss."""
    return NearMiss(
        id=near_miss_id,
        mic=mic,
        room_name=room_of_mic(mic),
        began_at=began_at,
        ended_at=began_at + seconds,
        peak_score=0.4,
        level_dbfs=-40.0,
    )


def hear(
    notes: HeardNotes, from_at: float, seconds: int, mic: str = "nursery", score: float = 0.05, level: float = -50.0
) -> None:
    """Note a window that ends in each second."""
    for k in range(seconds):
        notes.add_window(mic, from_at + k, 1.0, score, level)


def keep(history: HistoryFile, *events: KeptEpisode | NearMiss, heard: Sequence[tuple[float, int]] = ()) -> None:
    """Write events, and quiet seconds: from when, and how many."""
    notes = HeardNotes()
    for from_at, seconds in heard:
        hear(notes, from_at, seconds)
    for event in events:
        if isinstance(event, KeptEpisode):
            notes.add_episode(event)
        else:
            notes.add_near_miss(event)
    history.write(notes)
