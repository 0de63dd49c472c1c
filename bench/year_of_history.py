"""Measure the journal with a year of history: 3 000 episodes, and 31 million seconds of scores and levels."""

import datetime as dt
import http.client
import os
import sqlite3
import statistics
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import numpy as np
from rich.console import Console

from bench.bench_figure import BenchFigure
from tears.journal.access.access_file import ACCESS_FILE, AccessFile
from tears.journal.access.house_access import HouseAccess
from tears.journal.access.role import Role
from tears.journal.history import HistoryFile, KeptEpisode, NearMiss, Verdict
from tears.journal.history.figures import nights_between, read_figures
from tears.journal.history.heard_hours import SECONDS_AN_HOUR, HourArray, hour_of
from tears.journal.history.heard_notes import HeardNotes, NotedHour
from tears.journal.history.history_file import HISTORY_FILE_NAME
from tears.journal.parts import JournalParts
from tears.journal.settings import JournalSettings
from tears.journal.web.cookies import SESSION_COOKIE
from tears.journal.web.start import page_server
from tears.kit.calendar.nights import ONE_DAY, local_seconds
from tears.kit.clock import SystemClock
from tears.kit.health import Health

FIRST_DAY = dt.date(2026, 1, 1)
DAYS = 359  # 31 million seconds
YEAR_EPISODES = 3_000
NEAR_MISSES = 10_000
ASKED_NIGHTS = 20
BAR_PAGE_MILLISECONDS = 100.0
# A Pi 4 takes about four times as long.
BAR_QUERY_MILLISECONDS = 25.0
BAR_MEGABYTES = 40.0
_MIC = "nursery"


def measure(folder: Path, console: Console) -> list[BenchFigure]:
    """Return how long the queries and the pages of nights, weeks and months take, and the size of the file."""
    random = np.random.default_rng(1)
    path = folder / HISTORY_FILE_NAME
    with closing(HistoryFile(path, SystemClock())) as history:
        console.print("writing a year of history")
        for day in range(DAYS):
            history.write(_day_of(random, FIRST_DAY + day * ONE_DAY))
        _label_some(history)
        nights = [FIRST_DAY + int(day) * ONE_DAY for day in random.choice(DAYS - 1, ASKED_NIGHTS, replace=False)]
        query, slowest_query = _milliseconds(history.night, nights)
        month, _ = _milliseconds(lambda night: history.days(night - 31 * ONE_DAY, night), nights)
        page, slowest_page, page_bytes = _page(history, folder, nights, lambda night: f"/nights/{night}")
        week_page, _, _ = _page(history, folder, nights, lambda night: f"/nights?until={night}")
        month_page, _, _ = _page(history, folder, nights, lambda night: f"/calendar/{night:%Y-%m}")
        megabytes = history.size_bytes / 1e6
    unread, _ = _milliseconds(partial(_month_from_the_disk, path), nights[:5])
    # The next start reads all of it.
    begun = time.perf_counter()
    HistoryFile(path, SystemClock()).close()
    opening = time.perf_counter() - begun
    note = f"{YEAR_EPISODES} episodes, {DAYS * 86_400 / 1e6:.0f} million seconds"
    return [
        BenchFigure(
            "page of a night, over HTTP",
            page,
            "ms",
            BAR_PAGE_MILLISECONDS,
            note=f"the slowest {slowest_page:.0f} ms; {page_bytes / 1_000:.0f} kB",
        ),
        BenchFigure(
            "query of a night", query, "ms", BAR_QUERY_MILLISECONDS, note=f"the slowest {slowest_query:.0f} ms"
        ),
        BenchFigure("page of a week, over HTTP", week_page, "ms", BAR_PAGE_MILLISECONDS),
        BenchFigure("page of a month, over HTTP", month_page, "ms", BAR_PAGE_MILLISECONDS),
        BenchFigure("figures of a month that nobody has read yet", unread, "ms", BAR_PAGE_MILLISECONDS),
        BenchFigure("figures of a month", month, "ms", BAR_QUERY_MILLISECONDS),
        BenchFigure("history of a year", megabytes, "MB", BAR_MEGABYTES, note=note),
        BenchFigure("start with a year of history", opening, "s", 5.0),
    ]


def _day_of(random: np.random.Generator, day: dt.date) -> HeardNotes:
    begins = local_seconds(day, 0)
    notes = HeardNotes()
    for hour in range(24):
        noted = NotedHour()
        noted.ended = _hour(random)
        notes.hours[_MIC, hour_of(begins + hour * SECONDS_AN_HOUR)] = noted
    for began_at in begins + random.uniform(0, 86_000, YEAR_EPISODES // DAYS + 1):
        notes.add_episode(_episode(began_at, random.uniform(10.0, 600.0)))
    for began_at in begins + random.uniform(0, 86_000, NEAR_MISSES // DAYS):
        notes.add_near_miss(_near_miss(began_at))
    return notes


def _hour(random: np.random.Generator) -> HourArray:
    """Return an hour of a room: the scores of quiet with some sounds, the level of noise that drifts; a few holes."""
    scores = np.minimum(100, random.exponential(1.5, SECONDS_AN_HOUR)).astype(np.uint8)
    for begin in random.integers(0, SECONDS_AN_HOUR - 60, 5):
        scores[begin : begin + 20] = random.integers(10, 90, 20)
    drift = np.cumsum(random.normal(0.0, 0.1, SECONDS_AN_HOUR))
    levels = np.clip(65 + drift + random.normal(0.0, 1.0, SECONDS_AN_HOUR), 0, 120).astype(np.uint8)
    hour = np.stack([scores, levels])
    hole = int(random.integers(0, SECONDS_AN_HOUR - 10))
    hour[:, hole : hole + 5] = 255
    return hour


def _episode(began_at: float, seconds: float) -> KeptEpisode:
    return KeptEpisode(
        id=str(uuid.uuid4()),
        mic=_MIC,
        room_name=_MIC,
        began_at=began_at,
        alerted_at=began_at + 2.0,
        ended_at=began_at + seconds,
        peak_score=0.9,
        level_dbfs=-30.0,
        ending="quiet",
    )


def _near_miss(began_at: float) -> NearMiss:
    return NearMiss(
        id=str(uuid.uuid4()),
        mic=_MIC,
        room_name=_MIC,
        began_at=began_at,
        ended_at=began_at + 9.0,
        peak_score=0.4,
        level_dbfs=-40.0,
    )


def _label_some(history: HistoryFile) -> None:
    begins = local_seconds(FIRST_DAY, 0)
    for episode in history.episodes(None, begins, begins + 30 * 86_400):
        history.label(
            _MIC, episode.began_at, episode.began_at + 10, Verdict.CRYING, made_by="bench", episode_id=episode.id
        )


def _milliseconds(ask: Callable[[dt.date], object], nights: list[dt.date]) -> tuple[float, float]:
    """Return the median and the longest time."""
    taken = []
    for night in nights:
        begun = time.perf_counter()
        ask(night)
        taken.append(1_000 * (time.perf_counter() - begun))
    return statistics.median(taken), max(taken)


def _month_from_the_disk(path: Path, last: dt.date) -> None:
    """Read the figures of a month from a file that the machine no longer has in its memory, as after a start."""
    for file in path.parent.glob(f"{path.name}*"):
        descriptor = os.open(file, os.O_RDONLY)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(descriptor)
    nights = nights_between(last - 30 * ONE_DAY, last)
    with closing(sqlite3.connect(path)) as connection:
        read_figures(connection, nights)


def _page(
    history: HistoryFile, folder: Path, nights: list[dt.date], path_of: Callable[[dt.date], str]
) -> tuple[float, float, int]:
    """Return the median and the longest time of the real page over HTTP, and the size of the largest."""
    clock = SystemClock()
    settings = JournalSettings(port=0, page_listen="loopback")
    access = HouseAccess(AccessFile(folder / ACCESS_FILE, clock), clock)
    parts = JournalParts(settings=settings, clock=clock, history=history, access=access)
    stop = threading.Event()
    sizes = []
    with closing(access), page_server(parts) as server:
        cookie = f"{SESSION_COOKIE}={access.sessions.begin(Role.PARENT, 'bench')}"
        thread = threading.Thread(target=server.run, args=(stop, Health(clock)))
        thread.start()

        def get(night: dt.date) -> None:
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60.0)
            with closing(connection):
                connection.request("GET", path_of(night), headers={"Cookie": cookie})
                reply = connection.getresponse()
                body = reply.read()
                if reply.status != http.HTTPStatus.OK:
                    raise RuntimeError(f"{path_of(night)} answers {reply.status}")
                sizes.append(len(body))

        try:
            get(nights[0])
            median, slowest = _milliseconds(get, nights)
        finally:
            stop.set()
            thread.join()
    return median, slowest, max(sizes)
