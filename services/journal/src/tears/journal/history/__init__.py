"""What was heard, kept in one SQLite file: episodes, scores and levels, near misses, notices, labels and stars."""

from tears.journal.history.history_file import HistoryFile
from tears.journal.history.records import (
    HOLE,
    LEAST_LEVEL_DBFS,
    ClipState,
    DayFigures,
    EpisodeNotice,
    KeptClip,
    KeptEpisode,
    KeptStretch,
    NearMiss,
    NightSeries,
    ParentLabel,
    RoomStretch,
    Verdict,
)

__all__ = [
    "HOLE",
    "LEAST_LEVEL_DBFS",
    "ClipState",
    "DayFigures",
    "EpisodeNotice",
    "HistoryFile",
    "KeptClip",
    "KeptEpisode",
    "KeptStretch",
    "NearMiss",
    "NightSeries",
    "ParentLabel",
    "RoomStretch",
    "Verdict",
]
