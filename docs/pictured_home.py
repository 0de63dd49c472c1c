"""A home whose journal is full: two rooms, four weeks of nights, and generated cries, always the same."""

import contextlib
import datetime as dt
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import soundfile
from pictured_rooms import pictured_house

from tears.journal.access.access_file import AccessFile
from tears.journal.access.house_access import HouseAccess
from tears.journal.access.role import Role
from tears.journal.clips.clip_folder import ClipFolder
from tears.journal.clips.clip_store import ClipStore
from tears.journal.clips.cutting.recorded_sound import RecordedSound
from tears.journal.clips.retention import ClipLimits
from tears.journal.history import (
    HOLE,
    ClipState,
    EpisodeNotice,
    HistoryFile,
    KeptClip,
    KeptEpisode,
    NearMiss,
    Verdict,
)
from tears.journal.history.heard_hours import SECONDS_AN_HOUR, empty_hour, hour_of
from tears.journal.history.heard_notes import HeardNotes, NotedHour
from tears.journal.parts import JournalParts
from tears.journal.settings import JournalSettings
from tears.journal.web.start import page_server
from tears.kit.calendar.nights import Night
from tears.kit.clock import ManualClock, SystemClock
from tears.kit.health import Health
from tears.samples.voices.babies import BABIES
from tears.samples.voices.crying import crying_episode
from tears.samples.waveforms import SCENE_RATE_HZ, at_level

# The morning at which the pages are shown: 08:30, while the night of the evening before goes on.
LAST_EVENING: Final = dt.date(2026, 11, 28)
_AFTER_EVENING_SECONDS = 14.5 * 3_600
NIGHTS: Final = 28
MICS: Final = ("nursery", "upstairs")
_BEFORE_SECONDS, _AFTER_SECONDS = 10.0, 5.0
# Seconds of a night, in which nobody listens for a while.
_HOLE_AT: Final = 40_000
_MOST_CRIED_SECONDS: Final = 60.0
# Who has not reacted by then is reminded.
_UNANSWERED_SECONDS: Final = 200.0


@dataclass(frozen=True)
class FullJournal:
    """The pages of the home while they are served."""

    address: str
    session: str
    history: HistoryFile
    episode_id: str
    near_miss_id: str


def home_clock() -> ManualClock:
    """Return a clock that stands in that morning, by the local time of the process."""
    return ManualClock(Night(LAST_EVENING).starts_seconds + _AFTER_EVENING_SECONDS)


@contextlib.contextmanager
def served_home(folder: Path, port: int = 0) -> Iterator[FullJournal]:
    """Fill a journal in an empty folder, and serve its pages while the block lasts."""
    clock = home_clock()
    history = HistoryFile(folder / "history.sqlite3", clock)
    clips = ClipStore(
        ClipFolder(folder / "clips", ClipLimits(), clock), history, RecordedSound(folder / "none"), client=None
    )
    rng = np.random.default_rng(5)
    for k in reversed(range(NIGHTS)):
        for mic in MICS:
            keep_night(history, folder / "clips", Night(LAST_EVENING).before(k), mic, clock.wall_seconds(), rng)
    clips.folder.take_stock()
    with contextlib.closing(HouseAccess(AccessFile(folder / "access.sqlite3", clock), clock)) as access:
        settings = JournalSettings(port=port)
        crying = _episode("now", MICS[0], clock.wall_seconds() - 150, None)
        live = pictured_house(clock, crying)
        parts = JournalParts(settings=settings, clock=clock, history=history, clips=clips, access=access, live=live)
        night = history.night(LAST_EVENING).rooms[0]
        with _serving(parts) as address:
            session = access.sessions.begin(Role.PARENT, "a picture")
            yield FullJournal(address, session, history, night.episodes[1].id, night.near_misses[0].id)
    history.close()


@contextlib.contextmanager
def _serving(parts: JournalParts) -> Iterator[str]:
    stop = threading.Event()
    with page_server(parts) as server:
        thread = threading.Thread(target=server.run, args=(stop, Health(SystemClock())))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.port}"
        finally:
            stop.set()
            thread.join()


def keep_night(
    history: HistoryFile, clips: Path, night: Night, mic: str, now_at: float, rng: np.random.Generator
) -> None:
    """Write what was heard in one room in one night, up to now; the last night has its sounds."""
    from_at = night.starts_seconds
    seconds = int(min(night.ends_seconds, now_at) - from_at)
    heard = HeardSeconds(seconds, rng)
    notes = HeardNotes()
    sounds: list[KeptEpisode | NearMiss] = []
    starts = np.sort(rng.integers(1_800, seconds - 3_600, rng.integers(2, 7) if mic == MICS[0] else rng.integers(0, 2)))
    for k, start in enumerate(starts.tolist()):
        length = int(rng.gamma(2, 170)) + 30
        heard.add(start, length, score=88, level=94)
        episode = _episode(f"{night}-{mic}-{k}", mic, from_at + start, length)
        notes.add_episode(episode)
        sounds.append(episode)
        for notice in _notices(episode):
            notes.add_notice(episode.id, notice)
    for k, start in enumerate(np.sort(rng.integers(60, _HOLE_AT, rng.integers(3, 9))).tolist()):
        heard.add(start, 4, score=40, level=84)
        almost = _near_miss(f"{night}-{mic}-almost-{k}", mic, from_at + start)
        notes.add_near_miss(almost)
        sounds.append(almost)
    if night.evening.day % 9 == 1:
        heard.forget(_HOLE_AT, 1_500)
    heard.write_into(notes, mic, from_at)
    history.write(notes)
    for sound in sounds if night.evening == LAST_EVENING else ():
        history.set_clip(sound.id, _write_cry(sound, clips, rng))
    if len(starts) > 1 and night.evening.day % 2 == 0:
        verdict = Verdict.CAT if night.evening.day % 3 == 0 else Verdict.CRYING
        at = from_at + float(starts[0])
        history.label(mic, at, at + 30, verdict, made_by="parent", episode_id=f"{night}-{mic}-0")
        history.star(f"{night}-{mic}-1", starred=True)


class HeardSeconds:
    """The scores in hundredths and the levels of a quiet night, second by second."""

    def __init__(self, seconds: int, rng: np.random.Generator) -> None:
        self._rng = rng
        self._scores = np.minimum(rng.exponential(1.2, seconds), 20.0)
        self._levels = 62.0 + 3 * np.sin(np.arange(seconds) / 5_000) + rng.normal(0, 1.5, seconds)

    def add(self, start: int, length: int, *, score: float, level: float) -> None:
        """Add a sound; its scores and levels vary a little."""
        self._scores[start : start + length] = np.clip(self._rng.normal(score, score / 12, length), 0, 100)
        self._levels[start : start + length] = self._rng.normal(level, 4, length)

    def forget(self, start: int, length: int) -> None:
        """Leave out a time, as if nobody had listened."""
        self._scores[start : start + length] = HOLE
        self._levels[start : start + length] = HOLE

    def write_into(self, notes: HeardNotes, mic: str, from_at: float) -> None:
        """Add the seconds from `from_at` on, which is a full hour."""
        for first in range(0, len(self._scores), SECONDS_AN_HOUR):
            hour = empty_hour()
            part = np.stack([self._scores, self._levels])[:, first : first + SECONDS_AN_HOUR]
            hour[:, : part.shape[1]] = part.astype(np.uint8)
            notes.hours[mic, hour_of(from_at + first)] = NotedHour(ended=hour)


def _episode(episode_id: str, mic: str, began_at: float, seconds: float | None) -> KeptEpisode:
    return KeptEpisode(
        id=episode_id,
        mic=mic,
        room_name=mic,
        began_at=began_at,
        alerted_at=began_at + 2,
        ended_at=None if seconds is None else began_at + seconds,
        peak_score=0.97,
        level_dbfs=-24.0,
        ending="" if seconds is None else "quiet",
    )


def _near_miss(near_miss_id: str, mic: str, began_at: float) -> NearMiss:
    return NearMiss(
        id=near_miss_id,
        mic=mic,
        room_name=mic,
        began_at=began_at,
        ended_at=began_at + 4,
        peak_score=0.4,
        level_dbfs=-36.0,
    )


def _notices(episode: KeptEpisode) -> Iterator[EpisodeNotice]:
    began_at, ended_at = episode.began_at, episode.ended_at or episode.began_at
    yield EpisodeNotice(kind="crying", who="Anna's phone", at=began_at + 3)
    if ended_at - began_at > _UNANSWERED_SECONDS:
        yield EpisodeNotice(kind="still_crying", who="Anna's phone", at=began_at + 123)
        yield EpisodeNotice(kind="crying", who="Ben's phone", at=began_at + 183)
        yield EpisodeNotice(kind="acknowledged", who="mqtt", at=began_at + 195)
    yield EpisodeNotice(kind="crying_ended", who="Anna's phone", at=ended_at + 8)


def _write_cry(sound: KeptEpisode | NearMiss, clips: Path, rng: np.random.Generator) -> KeptClip:
    """Let a generated baby cry as long as a sound lasts, and return the clip."""
    seconds = min(_MOST_CRIED_SECONDS, (sound.ended_at or sound.began_at) - sound.began_at)
    baby = BABIES[int(rng.integers(0, len(BABIES)))]
    cry = at_level(crying_episode(baby, seconds, rng), -22.0)
    before, after = (np.zeros(int(part * SCENE_RATE_HZ)) for part in (_BEFORE_SECONDS, _AFTER_SECONDS))
    wave = np.concatenate([before, cry, after])
    wave += rng.normal(0, 0.001, wave.size)
    folder = clips / sound.mic / dt.datetime.fromtimestamp(sound.began_at).strftime("%Y-%m-%d")  # noqa: DTZ006 - local time
    folder.mkdir(parents=True, exist_ok=True)
    soundfile.write(folder / f"{sound.id}.flac", np.clip(wave, -1, 1), SCENE_RATE_HZ, subtype="PCM_16")
    return KeptClip(state=ClipState.KEPT, from_at=sound.began_at - _BEFORE_SECONDS, seconds=wave.size / SCENE_RATE_HZ)
