"""A journal that is killed at random moments (kill -9) loses no label and nothing that was heard.

`TEARS_TEST_KILLS` says how many moments; `TEARS_TEST_SEED` chooses others, and 0 any.
"""

import http.client
import math
import os
import random
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
import pytest
import redis
import soundfile
from support.journal.followed_house import HousePipeline, noise_second
from support.journal.served_pages import open_access
from support.processes.service_process import ServiceProcess
from support.waiting import wait_until

from tears.journal.access.role import Role
from tears.journal.history import HOLE, ClipState, HistoryFile, KeptEpisode, NearMiss, Verdict
from tears.journal.history.history_file import HISTORY_FILE_NAME
from tears.journal.web.cookies import SESSION_COOKIE
from tears.kit.clock import SystemClock
from tears.kit.streams import names

KILLS = int(os.environ.get("TEARS_TEST_KILLS", "5"))
SEED = int(os.environ.get("TEARS_TEST_SEED", "22")) or random.randrange(2**32)
# Each episode has ten seconds of crying, and then ten seconds of quiet.
ROUND_SECONDS = 20
# So much sound is in Redis: rounds come much faster than in a house.
HELD_SOUND_SECONDS = 1_000
NEAR, QUIET, LOUD = 0.375, 0.0625, 0.875


@dataclass
class Parent:
    """Labels episodes over HTTP, one after another, and remembers what the journal has confirmed."""

    port: int
    cookie: str
    csrf: str
    chosen: random.Random
    episode_ids: list[str]
    confirmed: dict[str, str] = field(default_factory=dict)
    # What was sent and not answered: the journal may have it or not.
    unanswered: dict[str, str] = field(default_factory=dict)
    count: int = 0
    stop: threading.Event = field(default_factory=threading.Event)

    def work(self) -> None:
        """Label until the journal is gone."""
        while not self.stop.is_set():
            episode_id = self.chosen.choice(self.episode_ids)
            verdict = self.chosen.choice(list(Verdict)).value
            self.unanswered[episode_id] = verdict
            try:
                status = self._send(f"/episodes/{episode_id}/label", {"verdict": verdict, "csrf": self.csrf})
            except (OSError, http.client.HTTPException):
                return
            del self.unanswered[episode_id]
            # It may not know of the episode yet.
            assert status in {303, 404}, status
            if status == 303:
                self.confirmed[episode_id] = verdict
                self.count += 1

    def _send(self, path: str, fields: dict[str, str]) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60.0)
        with closing(connection):
            headers = {"Cookie": self.cookie, "Content-Type": "application/x-www-form-urlencoded"}
            connection.request("POST", path, urlencode(fields), headers)
            reply = connection.getresponse()
            reply.read()
            return reply.status


class House:
    """A pipeline that goes on, and a journal that is started again after each kill."""

    def __init__(self, client: redis.Redis, url: str, folder: Path) -> None:
        self.data = folder / "journal"
        self.began_at = float(int(time.time()) - 172_800)
        self.rounds = 0
        self._client = client
        self._pipeline = HousePipeline(client)
        self._log = folder / "journal.log"
        self._environ = {
            "TEARS_REDIS_URL": url,
            "TEARS_JOURNAL_DATA": str(self.data),
            "TEARS_JOURNAL_FOLDER": str(folder / "recordings"),
            "TEARS_JOURNAL_PROBE_PORT": "0",
            "TEARS_JOURNAL_PORT": "0",
            "TEARS_JOURNAL_PAGE_LISTEN": "loopback",
            "TEARS_JOURNAL_CLIP_LEAVE_GIB": "0",
        }
        with open_access(self.data, SystemClock()) as access:
            secret = access.sessions.begin(Role.PARENT, "a test")
            self.cookie, self.csrf = f"{SESSION_COOKIE}={secret}", access.links.form_token(secret)

    def start(self) -> ServiceProcess:
        """Start the journal."""
        return ServiceProcess("tears.journal", self._environ, self._log)

    def hear(self) -> None:
        """Let a round pass: its sound, its scores, and its episode or a near miss."""
        first = self.rounds * ROUND_SECONDS
        at = self.began_at + first
        is_crying = _is_crying(self.rounds)
        self._pipeline.sound(ROUND_SECONDS, first=first, session_at=self.began_at, noise=True)
        # A clip is cut a while after its round.
        self._client.xtrim(names.chunks("nursery"), maxlen=HELD_SOUND_SECONDS)
        scores = [LOUD if is_crying else NEAR] * 10 + [QUIET] * 10
        self._pipeline.detect(scores, from_at=at + 1, first=first)
        if is_crying:
            self._pipeline.cry(_id_of(self.rounds), at + 1, 10.0)
        self.rounds += 1

    @property
    def episode_ids(self) -> list[str]:
        """All episodes so far."""
        return [_id_of(number) for number in range(self.rounds) if _is_crying(number)]

    def clip_seconds(self, event: KeptEpisode | NearMiss) -> range | None:
        """Return which seconds the clip of an event is to hold: 10 s before to 5 s after; None if Redis lost some."""
        assert event.ended_at is not None
        first, end = (round(at - self.began_at) for at in (event.began_at - 10, event.ended_at + 5))
        oldest = self.rounds * ROUND_SECONDS - HELD_SOUND_SECONDS
        return range(max(0, first), end) if first >= oldest else None

    def history(self) -> HistoryFile:
        """Open what the journal has kept."""
        return HistoryFile(self.data / HISTORY_FILE_NAME, SystemClock())


@pytest.fixture
def house(redis_client: redis.Redis, redis_url: str, tmp_path: Path) -> House:
    return House(redis_client, redis_url, tmp_path)


def check_whole(house: House, confirmed: dict[str, str], maybe: dict[str, str]) -> None:
    """Check what is on the disk right after a kill."""
    with closing(sqlite3.connect(house.data / HISTORY_FILE_NAME)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        kept = dict(connection.execute("SELECT episode_id, verdict FROM labels"))
    for episode_id, verdict in confirmed.items():
        assert kept[episode_id] in {verdict, maybe.get(episode_id)}
    assert not list(house.data.glob("*.damaged*"))
    for path in house.data.glob("clips/**/*.flac"):
        if not path.name.startswith("."):
            assert soundfile.read(path)[0].size


@pytest.mark.timeout(600 + 15 * KILLS)
def test_a_journal_killed_at_random_moments_loses_nothing(house: House) -> None:
    chosen = random.Random(SEED)
    print(f"TEARS_TEST_SEED={SEED}")  # noqa: T201 - shown if the test fails
    confirmed: dict[str, str] = {}
    for _ in range(3):
        house.hear()
    for number in range(KILLS):
        with house.start() as journal:
            if number % 5 == 4:
                # While it starts: its first line comes before it opens anything.
                journal.wait_for_log("journal starts")
                wait_until(_after(chosen.randrange(200)))
                journal.kill()
                check_whole(house, confirmed, {})
                continue
            port = int(journal.wait_for_log(r"the pages are on port (\d+)")[1])
            parent = Parent(port, house.cookie, house.csrf, chosen, house.episode_ids)
            labelling = threading.Thread(target=parent.work)
            labelling.start()
            labels = chosen.randrange(1, 30)
            while parent.count < labels and labelling.is_alive():
                house.hear()
                wait_until(_after(chosen.randrange(20)))
            journal.kill()
            parent.stop.set()
            labelling.join()
        confirmed |= parent.confirmed
        check_whole(house, confirmed, parent.unanswered)
        for episode_id in parent.unanswered:
            # Nobody knows which label it has, so the next one decides.
            confirmed.pop(episode_id, None)
    check_all_was_heard(house, confirmed)


def check_all_was_heard(house: House, confirmed: dict[str, str]) -> None:
    """Let a journal run undisturbed, and compare what it has kept with what was heard."""
    with house.start() as journal, closing(house.history()) as history:
        # An episode is written at once, with all that was heard before it.
        while not _is_crying(house.rounds):
            house.hear()
        house.hear()
        ends_at = house.began_at + 1 + house.rounds * ROUND_SECONDS
        wait_until(lambda: history.series("nursery", ends_at - 1, ends_at).seconds[0] != HOLE, describe=journal.log)
        wait_until(lambda: are_clips_whole(house, history), describe=journal.log, look_seconds=0.5)
        journal.terminate()
        assert journal.wait_for_exit() == 0
    with closing(house.history()) as history:
        series = history.series("nursery", house.began_at + 1, ends_at)
        assert not (series.seconds == HOLE).any()
        scores = series.seconds.reshape(-1, ROUND_SECONDS)
        for number, kept in enumerate(scores):
            assert kept.tolist() == [87 if _is_crying(number) else 37] * 10 + [6] * 10
        episodes = {one.id: one for one in history.episodes(None, 0.0, ends_at)}
        assert set(episodes) == set(house.episode_ids)
        assert {round(one.seconds) for one in episodes.values()} == {10}
        near_misses = history.near_misses(None, 0.0, ends_at)
        assert len(near_misses) == house.rounds - len(house.episode_ids)
        for episode_id, verdict in confirmed.items():
            label = episodes[episode_id].label
            assert label is not None
            assert label.verdict == verdict
        check_clips(house, history)


def check_clips(house: House, history: HistoryFile) -> None:
    """Compare each clip whose sound Redis still has with what was heard; the others are as long as the history says."""
    for event in kept_events(history):
        paths = list(house.data.glob(f"clips/**/{event.id}*.flac"))
        if event.clip.state is ClipState.KEPT:
            assert soundfile.info(paths[0]).duration == pytest.approx(event.clip.seconds, abs=0.1)
        if (wanted := house.clip_seconds(event)) is not None:
            (path,) = paths
            sound = np.concatenate([noise_second(second) for second in wanted])
            assert np.array_equal(soundfile.read(path, dtype="int16")[0], sound), event


def are_clips_whole(house: House, history: HistoryFile) -> bool:
    """Return whether each clip whose sound Redis still has is as long as it is to be."""
    wanted = [(event.clip, seconds) for event in kept_events(history) if (seconds := house.clip_seconds(event))]
    return all(clip.state is ClipState.KEPT and abs(clip.seconds - len(seconds)) < 0.1 for clip, seconds in wanted)


def kept_events(history: HistoryFile) -> list[KeptEpisode | NearMiss]:
    """Return all that has a clip."""
    return [*history.episodes(None, 0.0, math.inf), *history.near_misses(None, 0.0, math.inf)]


def _id_of(number: int) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, str(number)))


def _is_crying(number: int) -> bool:
    return number % 3 != 2


def _after(looks: int) -> Callable[[], bool]:
    """Return a condition that comes true after so many looks, each some milliseconds after the one before."""
    left = iter(range(looks, -1, -1))
    return lambda: next(left) == 0
