"""Read the history with one connection. All functions raise sqlite3.Error."""

import logging
import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

import numpy as np

from tears.journal.history.heard_hours import SECONDS_AN_HOUR, HourArray, hour_of, unpack
from tears.journal.history.records import (
    HOLE,
    ClipState,
    EpisodeNotice,
    KeptClip,
    KeptEpisode,
    NearMiss,
    NightSeries,
    ParentLabel,
    Verdict,
)
from tears.kit.registry.room_names import RoomNames
from tears.policy.parameters import Policy

logger = logging.getLogger(__name__)

# No episode is longer, so none that began earlier goes on in a time that is asked for.
LONGEST_EPISODE_SECONDS: Final = 86_400.0
# Crying whose end is not known lasts as long as it can be heard: to the first pause that is longer than this.
_LONGEST_CRY_PAUSE_SECONDS: Final = 60
_LONGEST_UNENDED_SECONDS: Final = 14_400
# Nobody looks at more at once; a page that asks for years gets the newest of them.
MOST_EVENTS_READ: Final = 20_000
_LABEL_COLUMNS: Final = "id, mic, from_at, to_at, verdict, made_by, made_at, episode_id, near_miss_id"
_EPISODE_COLUMNS: Final = "id, mic, began_at, alerted_at, ended_at, ending, peak_score, level_dbfs, starred"
_NEAR_MISS_COLUMNS: Final = "id, mic, began_at, ended_at, peak_score, level_dbfs"
# A series that is asked for is not longer than eight days.
MOST_SERIES_SECONDS: Final = 8 * 86_400
# The rows that go with so many ids are asked for at once: SQLite takes 32 766 values in a statement.
_IDS_AT_ONCE: Final = 500


class CryingSpan(NamedTuple):
    """When somebody cried; times are seconds since 1970, and `ended_at` is None while it goes on."""

    mic: str
    began_at: float
    alerted_at: float
    ended_at: float | None


def read_episode(connection: sqlite3.Connection, episode_id: str) -> KeptEpisode | None:
    """Return an episode; None if there is none with this id."""
    found = _episodes(connection, "id = ?", (episode_id,))
    return found[0] if found else None


def read_episodes(connection: sqlite3.Connection, mic: str | None, from_at: float, to_at: float) -> list[KeptEpisode]:
    """Return the episodes of one room, or of all, that began or went on in this time, the earliest first."""
    found = _episodes(
        connection,
        "began_at BETWEEN ? AND ? AND (ended_at IS NULL OR ended_at >= ?) AND mic = coalesce(?, mic)",
        (from_at - LONGEST_EPISODE_SECONDS, to_at, from_at, mic),
    )
    return [one for one in found if one.alerted_at >= from_at or read_end(connection, one) >= from_at]


def read_crying(connection: sqlite3.Connection, from_at: float, to_at: float) -> list[CryingSpan]:
    """Return when there was crying in a time, without all else that is known of it; the earliest first."""
    since = from_at - LONGEST_EPISODE_SECONDS
    rows = _select_newest(
        connection, "mic, began_at, alerted_at, ended_at", "episodes", "began_at BETWEEN ? AND ?", (since, to_at)
    )
    return [CryingSpan(*row) for row in rows]


def read_end(connection: sqlite3.Connection, episode: KeptEpisode | CryingSpan) -> float:
    """Return when an episode ended; for one that goes on, until when crying was heard, as far as it is written."""
    if episode.ended_at is not None:
        return episode.ended_at
    until = episode.alerted_at + _LONGEST_UNENDED_SECONDS
    scores = read_series(connection, episode.mic, episode.alerted_at, until).seconds
    crying = np.flatnonzero((scores != HOLE) & (scores >= Policy().close_threshold * 100))
    pauses = np.flatnonzero(np.diff(crying, prepend=0) > _LONGEST_CRY_PAUSE_SECONDS)
    heard = crying[: pauses[0]] if len(pauses) else crying
    return episode.alerted_at + (int(heard[-1]) if len(heard) else 0)


def read_open_episodes(connection: sqlite3.Connection, since: float) -> list[KeptEpisode]:
    """Return the episodes that began since then and whose end is not known, the earliest first."""
    return _episodes(connection, "ended_at IS NULL AND began_at >= ?", (since,))


def read_near_miss(connection: sqlite3.Connection, near_miss_id: str) -> NearMiss | None:
    """Return a near miss; None if there is none with this id."""
    found = _near_misses(connection, "id = ?", (near_miss_id,))
    return found[0] if found else None


def read_near_misses(connection: sqlite3.Connection, mic: str | None, from_at: float, to_at: float) -> list[NearMiss]:
    """Return the near misses of one room, or of all, that began or went on in this time, the earliest first."""
    return _near_misses(
        connection,
        "began_at BETWEEN ? AND ? AND ended_at >= ? AND mic = coalesce(?, mic)",
        (from_at - SECONDS_AN_HOUR, to_at, from_at, mic),
    )


def read_labels(connection: sqlite3.Connection, from_at: float, to_at: float) -> list[ParentLabel]:
    """Return the labels of sounds that began in this time, the earliest first."""
    rows = _select(
        connection, _LABEL_COLUMNS, "labels", "from_at >= ? AND from_at < ? ORDER BY from_at, id", from_at, to_at
    )
    return [_label_of_row(row) for row in rows]


def read_label(connection: sqlite3.Connection, label_id: str) -> ParentLabel | None:
    """Return a label; None if there is none with this id."""
    rows = _select(connection, _LABEL_COLUMNS, "labels", "id = ?", label_id)
    return _label_of_row(rows[0]) if rows else None


def read_clip(connection: sqlite3.Connection, clip_id: str) -> KeptClip:
    """Return what is known of the clip of an episode, a near miss or a mark."""
    return _clips(connection, [clip_id]).get(clip_id, KeptClip())


def is_deleted(connection: sqlite3.Connection, event_id: str) -> bool:
    """Return whether a parent has deleted an episode, a near miss or a mark."""
    return connection.execute("SELECT 1 FROM deleted WHERE id = ?", (event_id,)).fetchone() is not None


def read_kept_for_good(connection: sqlite3.Connection) -> set[str]:
    """Return the ids of what is starred or labelled, and of the marks."""
    rows = connection.execute(
        "SELECT id FROM episodes WHERE starred UNION SELECT coalesce(episode_id, near_miss_id, id) FROM labels"
    )
    return {found for (found,) in rows}


def read_mics(connection: sqlite3.Connection) -> list[str]:
    """Return the microphones of which anything is known, in the order of their rooms' names."""
    names = RoomNames(read_given_names(connection))
    rows = connection.execute("SELECT mic FROM hours UNION SELECT mic FROM episodes UNION SELECT mic FROM labels")
    return sorted((mic for (mic,) in rows), key=lambda mic: (names.of(mic).casefold(), mic))


def read_given_names(connection: sqlite3.Connection) -> dict[str, str]:
    """Return the names that parents have given to rooms, by microphone; empty where they were taken away."""
    return dict(connection.execute("SELECT mic, name FROM room_names").fetchall())


def read_places(connection: sqlite3.Connection) -> dict[str, str]:
    """Return how far each stream has been read."""
    return dict(connection.execute("SELECT stream, entry_id FROM places").fetchall())


def read_hour(connection: sqlite3.Connection, mic: str, hour: int) -> HourArray | None:
    """Return an hour of a room; None if nothing was heard in it."""
    row = connection.execute("SELECT seconds FROM hours WHERE hour = ? AND mic = ?", (hour, mic)).fetchone()
    return None if row is None else _hour_of(mic, hour, row[0])


def unheard_series(mic: str, from_at: float, to_at: float) -> NightSeries:
    """Return what `read_series` returns if nothing was heard."""
    first, last = _whole_seconds(from_at, to_at)
    nothing = np.full(last - first, HOLE, dtype=np.uint8)
    return NightSeries(mic=mic, from_at=float(first), seconds=nothing, levels=nothing)


def read_series(connection: sqlite3.Connection, mic: str, from_at: float, to_at: float) -> NightSeries:
    """Return the scores and levels of one room, from the whole second at or before `from_at` to that before `to_at`."""
    first, last = _whole_seconds(from_at, to_at)
    heard = np.full((2, last - first), HOLE, dtype=np.uint8)
    for hour, packed in connection.execute(
        "SELECT hour, seconds FROM hours WHERE hour BETWEEN ? AND ? AND mic = ?",
        (hour_of(first), hour_of(max(first, last - 1)), mic),
    ):
        seconds = _hour_of(mic, hour, packed)
        if seconds is None:
            continue
        begins = hour * SECONDS_AN_HOUR
        lower, upper = max(first, begins), min(last, begins + SECONDS_AN_HOUR)
        heard[:, lower - first : upper - first] = seconds[:, lower - begins : upper - begins]
    return NightSeries(mic=mic, from_at=float(first), seconds=heard[0], levels=heard[1])


def _whole_seconds(from_at: float, to_at: float) -> tuple[int, int]:
    first = int(from_at // 1)
    return first, min(max(first, int(-(-to_at // 1))), first + MOST_SERIES_SECONDS)


def _episodes(connection: sqlite3.Connection, where: str, values: tuple[object, ...]) -> list[KeptEpisode]:
    rows = _select_newest(connection, _EPISODE_COLUMNS, "episodes", where, values)
    ids = [row[0] for row in rows]
    names = RoomNames(read_given_names(connection))
    clips, labels, notices = _clips(connection, ids), _labels(connection, "episode_id", ids), _notices(connection, ids)
    return [
        KeptEpisode(
            id=row[0],
            mic=row[1],
            room_name=names.of(row[1]),
            began_at=row[2],
            alerted_at=row[3],
            ended_at=row[4],
            ending=row[5],
            peak_score=row[6],
            level_dbfs=row[7],
            starred=bool(row[8]),
            clip=clips.get(row[0], KeptClip()),
            label=labels.get(row[0]),
            notices=tuple(notices.get(row[0], ())),
        )
        for row in rows
    ]


def _near_misses(connection: sqlite3.Connection, where: str, values: tuple[object, ...]) -> list[NearMiss]:
    rows = _select_newest(connection, _NEAR_MISS_COLUMNS, "near_misses", where, values)
    ids = [row[0] for row in rows]
    names = RoomNames(read_given_names(connection))
    clips, labels = _clips(connection, ids), _labels(connection, "near_miss_id", ids)
    return [
        NearMiss(
            id=row[0],
            mic=row[1],
            room_name=names.of(row[1]),
            began_at=row[2],
            ended_at=row[3],
            peak_score=row[4],
            level_dbfs=row[5],
            clip=clips.get(row[0], KeptClip()),
            label=labels.get(row[0]),
        )
        for row in rows
    ]


def _clips(connection: sqlite3.Connection, ids: list[str]) -> dict[str, KeptClip]:
    rows = _select_ids(connection, "id, state, from_at, seconds", "clips", "id", ids)
    return {row[0]: KeptClip(state=ClipState(row[1]), from_at=row[2], seconds=row[3]) for row in rows}


def _labels(connection: sqlite3.Connection, column: str, ids: list[str]) -> Mapping[str | None, ParentLabel]:
    found = map(_label_of_row, _select_ids(connection, _LABEL_COLUMNS, "labels", column, ids))
    return {getattr(label, column): label for label in found}


def _notices(connection: sqlite3.Connection, ids: list[str]) -> dict[str, list[EpisodeNotice]]:
    found: dict[str, list[EpisodeNotice]] = {}
    rows = _select_ids(connection, "episode_id, at, kind, who", "notices", "episode_id", ids)
    for episode_id, at, kind, who in sorted(rows, key=lambda row: row[1]):
        found.setdefault(episode_id, []).append(EpisodeNotice(kind=kind, who=who, at=at))
    return found


def _select(connection: sqlite3.Connection, columns: str, table: str, where: str, *values: object) -> list[Any]:
    """Return some rows; what comes from outside is in `values` only."""
    return connection.execute(f"SELECT {columns} FROM {table} WHERE {where}", values).fetchall()  # noqa: S608 - ours


def _select_newest(
    connection: sqlite3.Connection, columns: str, table: str, where: str, values: tuple[object, ...]
) -> list[Any]:
    """Return as many of the newest events as are read at once, the earliest first."""
    newest = f"{where} ORDER BY began_at DESC LIMIT {MOST_EVENTS_READ}"
    return _select(connection, columns, table, newest, *values)[::-1]


def _select_ids(
    connection: sqlite3.Connection, columns: str, table: str, column: str, ids: list[str]
) -> Iterable[tuple[Any, ...]]:
    """Yield the rows that go with some ids, however many these are."""
    for first in range(0, len(ids), _IDS_AT_ONCE):
        some = ids[first : first + _IDS_AT_ONCE]
        yield from _select(connection, columns, table, f"{column} IN ({', '.join('?' * len(some))})", *some)


def _label_of_row(row: tuple[Any, ...]) -> ParentLabel:
    return ParentLabel(
        id=row[0],
        mic=row[1],
        from_at=row[2],
        to_at=row[3],
        verdict=Verdict(row[4]),
        made_by=row[5],
        made_at=row[6],
        episode_id=row[7],
        near_miss_id=row[8],
    )


def _hour_of(mic: str, hour: int, packed: bytes) -> HourArray | None:
    try:
        return unpack(packed)
    except ValueError as error:
        # A hole in the picture; the rest of the night is shown.
        logger.warning("hour %d of %s in the history cannot be read: %s", hour, mic, error)
        return None
