"""Write to the history with one connection, inside the caller's transaction. All functions raise sqlite3.Error."""

import random
import sqlite3
from typing import Final

from tears.journal.history.heard_hours import (
    SECONDS_AN_HOUR,
    fill_holes,
    heard_seconds,
    lay_over,
    pack,
)
from tears.journal.history.heard_notes import HeardNotes, NotedHour
from tears.journal.history.reading import is_deleted, read_hour, read_series
from tears.journal.history.records import HOLE, LEAST_LEVEL_DBFS, KeptClip, KeptEpisode, NearMiss, ParentLabel

# A near miss so near to an episode belongs to it. It begins with its first window, which ends 5 s later.
_NEAR_SECONDS: Final = 1.0
# What a label keeps from being deleted by age.
_UNLABELLED_EPISODE: Final = "starred = 0 AND id NOT IN (SELECT episode_id FROM labels WHERE episode_id IS NOT NULL)"
_UNLABELLED_NEAR_MISS: Final = "id NOT IN (SELECT near_miss_id FROM labels WHERE near_miss_id IS NOT NULL)"


def write_notes(connection: sqlite3.Connection, notes: HeardNotes) -> None:
    """Write what was heard; what is there already stays as it is, so the same may be written twice."""
    for (mic, hour), heard in notes.hours.items():
        _write_hour(connection, mic, hour, heard)
    for episode in notes.episodes.values():
        _write_episode(connection, episode)
    for near_miss in notes.near_misses.values():
        _write_near_miss(connection, near_miss)
    connection.executemany(
        "INSERT OR IGNORE INTO notices (episode_id, at, kind, who) VALUES (?, ?, ?, ?)",
        [(episode_id, notice.at, notice.kind, notice.who) for episode_id, notice in notes.notices],
    )
    connection.executemany(
        "INSERT INTO places VALUES (?, ?) ON CONFLICT (stream) DO UPDATE SET entry_id = excluded.entry_id",
        list(notes.places.items()),
    )


def write_given_name(connection: sqlite3.Connection, mic: str, name: str) -> None:
    """Write the name that a parent gives to a room; an empty one says that the room has none any more."""
    connection.execute("INSERT OR REPLACE INTO room_names (mic, name) VALUES (?, ?)", (mic, name))


def number_file(connection: sqlite3.Connection) -> int:
    """Return the number in the head of the file, and write one if there is none yet."""
    (number,) = connection.execute("PRAGMA application_id").fetchone()
    if not number:
        number = random.SystemRandom().randrange(1, 2**31)
        connection.execute(f"PRAGMA application_id = {number}")
    return int(number)


def write_label(connection: sqlite3.Connection, label: ParentLabel) -> None:
    """Write a label in place of an earlier one of the same episode or near miss."""
    connection.execute(
        "INSERT OR REPLACE INTO labels (id, mic, from_at, to_at, verdict, made_by, made_at, episode_id, near_miss_id) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            label.id,
            label.mic,
            label.from_at,
            label.to_at,
            label.verdict.value,
            label.made_by,
            label.made_at,
            label.episode_id,
            label.near_miss_id,
        ),
    )


def write_clip(connection: sqlite3.Connection, clip_id: str, clip: KeptClip) -> None:
    """Write what became of a clip."""
    connection.execute(
        "INSERT OR REPLACE INTO clips (id, state, from_at, seconds) VALUES (?, ?, ?, ?)",
        (clip_id, clip.state.value, clip.from_at, clip.seconds),
    )


def delete_event(connection: sqlite3.Connection, event_id: str, at: float) -> bool:
    """Delete an episode, a near miss or a mark, and all that is kept of it; return whether there was one."""
    deleted = sum(
        connection.execute(f"DELETE FROM {table} WHERE id = ?", (event_id,)).rowcount  # noqa: S608 - ours
        for table in ("episodes", "near_misses", "labels")
    )
    connection.execute("DELETE FROM labels WHERE episode_id = ?1 OR near_miss_id = ?1", (event_id,))
    connection.execute("DELETE FROM notices WHERE episode_id = ?", (event_id,))
    connection.execute("DELETE FROM clips WHERE id = ?", (event_id,))
    if deleted:
        connection.execute("INSERT OR REPLACE INTO deleted VALUES (?, ?)", (event_id, at))
    return bool(deleted)


def forget_before(connection: sqlite3.Connection, at: float) -> None:
    """Delete what is older; starred episodes and what a parent has labelled stay."""
    connection.execute("DELETE FROM hours WHERE hour < ?", (at // SECONDS_AN_HOUR,))
    connection.execute(f"DELETE FROM episodes WHERE began_at < ? AND {_UNLABELLED_EPISODE}", (at,))  # noqa: S608 - ours
    connection.execute(f"DELETE FROM near_misses WHERE began_at < ? AND {_UNLABELLED_NEAR_MISS}", (at,))  # noqa: S608 - ours
    connection.execute("DELETE FROM deleted WHERE at < ?", (at,))
    connection.execute("DELETE FROM notices WHERE at < ? AND episode_id NOT IN (SELECT id FROM episodes)", (at,))
    connection.execute(
        "DELETE FROM clips WHERE from_at < ? AND id NOT IN "
        "(SELECT id FROM episodes UNION SELECT id FROM near_misses UNION SELECT id FROM labels)",
        (at,),
    )


def _write_hour(connection: sqlite3.Connection, mic: str, hour: int, heard: NotedHour) -> None:
    known = read_hour(connection, mic, hour)
    merged = fill_holes(heard.ended if known is None else lay_over(known, heard.ended), heard.covered)
    connection.execute(
        "INSERT INTO hours (hour, mic, heard, seconds) VALUES (?, ?, ?, ?) ON CONFLICT (hour, mic) "
        "DO UPDATE SET heard = excluded.heard, seconds = excluded.seconds",
        (hour, mic, heard_seconds(merged), pack(merged)),
    )


def _write_episode(connection: sqlite3.Connection, episode: KeptEpisode) -> None:
    if is_deleted(connection, episode.id):
        return
    ends_at = episode.began_at + episode.seconds
    levels = read_series(connection, episode.mic, episode.began_at, ends_at).levels
    level_dbfs = float(LEAST_LEVEL_DBFS) + int(levels[levels != HOLE].max(initial=0))
    connection.execute(
        "INSERT INTO episodes (id, mic, began_at, alerted_at, ended_at, ending, peak_score, level_dbfs) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
        # An episode that has ended is not opened again by a message that was read once more.
        "ended_at = coalesce(excluded.ended_at, ended_at), "
        "ending = CASE WHEN excluded.ended_at IS NULL THEN ending ELSE excluded.ending END, "
        "peak_score = max(excluded.peak_score, peak_score), level_dbfs = max(excluded.level_dbfs, level_dbfs)",
        (
            episode.id,
            episode.mic,
            episode.began_at,
            episode.alerted_at,
            episode.ended_at,
            episode.ending,
            episode.peak_score,
            level_dbfs,
        ),
    )
    # What was found before the episode was known. One that a parent has labelled stays.
    connection.execute(
        "DELETE FROM near_misses WHERE mic = ? AND began_at BETWEEN ? AND ? AND ended_at >= ? "  # noqa: S608 - ours
        f"AND {_UNLABELLED_NEAR_MISS}",
        (
            episode.mic,
            episode.began_at - SECONDS_AN_HOUR,
            ends_at + _NEAR_SECONDS,
            episode.began_at - _NEAR_SECONDS,
        ),
    )


def _write_near_miss(connection: sqlite3.Connection, near_miss: NearMiss) -> None:
    if is_deleted(connection, near_miss.id) or _is_in_episode(connection, near_miss):
        return
    connection.execute(
        "INSERT INTO near_misses (id, mic, began_at, ended_at, peak_score, level_dbfs) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (id) DO UPDATE SET ended_at = max(excluded.ended_at, ended_at), "
        "peak_score = max(excluded.peak_score, peak_score), level_dbfs = max(excluded.level_dbfs, level_dbfs)",
        (
            near_miss.id,
            near_miss.mic,
            near_miss.began_at,
            near_miss.ended_at,
            near_miss.peak_score,
            near_miss.level_dbfs,
        ),
    )


def _is_in_episode(connection: sqlite3.Connection, near_miss: NearMiss) -> bool:
    found = connection.execute(
        "SELECT 1 FROM episodes WHERE mic = ? AND began_at BETWEEN ? AND ? AND coalesce(ended_at, alerted_at) >= ? "
        "LIMIT 1",
        (
            near_miss.mic,
            near_miss.began_at - 24 * SECONDS_AN_HOUR,
            near_miss.ended_at + _NEAR_SECONDS,
            near_miss.began_at - _NEAR_SECONDS,
        ),
    )
    return found.fetchone() is not None
