"""Nights of a test: a time zone, and windows and episodes on the wall clock."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from tears.alerter.nights.notes import NightNotes
from tears.kit.messages import Ending, Episode, EpisodeState

BERLIN = "Europe/Berlin"


@contextmanager
def local_zone(monkeypatch: pytest.MonkeyPatch, zone: str = BERLIN) -> Iterator[None]:
    """Let the local time be that of a zone."""
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def at(text: str, zone: str = BERLIN) -> float:
    """Return the wall clock, seconds since 1970, at a local time such as 2026-11-29 22:15."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


def hear(
    notes: NightNotes, from_seconds: float, until_seconds: float, mic: str = "nursery", score: float = 0.05
) -> None:
    """Note a window each second."""
    for k in range(int(until_seconds - from_seconds)):
        notes.note_window(mic, from_seconds + k, score, -50.0, from_seconds + k)


def cry(notes: NightNotes, from_seconds: float, seconds: float, mic: str = "nursery", *, is_over: bool = True) -> None:
    """Note an episode that was alerted to after 3 s, and its windows."""
    hear(notes, from_seconds, from_seconds + seconds, mic, 0.9)
    states = (EpisodeState.OPEN, EpisodeState.CLOSED) if is_over else (EpisodeState.OPEN,)
    for state in states:
        notes.note_episode(
            Episode(
                episode_id=f"{mic}-{from_seconds}",
                mic=mic,
                state=state,
                ending=Ending.QUIET if state is EpisodeState.CLOSED else Ending.NOT_YET,
                start_seconds=100.0,
                alerted_at_seconds=103.0,
                end_seconds=100.0 + seconds if state is EpisodeState.CLOSED else 103.0,
                peak_score=0.9,
                captured_at_seconds=from_seconds + 3.0,
            )
        )
