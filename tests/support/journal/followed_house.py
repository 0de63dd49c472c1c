"""A follower of a test, round by round: what the pipeline writes to a real Redis, and what the follower tells."""

import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

import redis
from prometheus_client import CollectorRegistry
from support.journal.kept_history import MORNING, open_history
from support.sound.chunks import known_noise

from tears.audio.format import Int16Array
from tears.journal.follower.follower_metrics import FollowerMetrics
from tears.journal.follower.listeners import Listeners
from tears.journal.follower.stream_follower import StreamFollower
from tears.journal.history import KeptEpisode, NearMiss
from tears.kit.clock import ManualClock
from tears.kit.health import Health
from tears.kit.messages import (
    AudioChunk,
    Detection,
    Ending,
    Episode,
    EpisodeState,
    NoticeReport,
    WindowHeader,
)
from tears.kit.registry.mics import MicRecord
from tears.kit.registry.rooms import RoomRecord, RoomState
from tears.kit.streams import names

RATE_HZ = 8_000


def noise_second(second: int) -> Int16Array:
    """Return a second of noise, (8000,), that no other second is like."""
    return known_noise(RATE_HZ, seed=second)


@dataclass
class Told:
    """Keeps all that the follower tells."""

    chunks: list[tuple[str, str, int]] = field(default_factory=list)
    scores: list[tuple[str, float | None, float]] = field(default_factory=list)
    began: list[KeptEpisode] = field(default_factory=list)
    ended: list[KeptEpisode] = field(default_factory=list)
    near_misses: list[NearMiss] = field(default_factory=list)
    rooms: dict[str, RoomRecord] = field(default_factory=dict)

    def heard(self, mic: str, chunk: AudioChunk) -> None:
        """Take a chunk."""
        self.chunks.append((mic, chunk.session, chunk.first_sample))

    def detected(self, mic: str, detection: Detection, score: float | None, at: float) -> None:
        """Take a detection."""
        del detection
        self.scores.append((mic, score, at))

    def episode_began(self, episode: KeptEpisode) -> None:
        """Take a begin."""
        self.began.append(episode)

    def episode_ended(self, episode: KeptEpisode) -> None:
        """Take an end."""
        self.ended.append(episode)

    def near_miss_ended(self, near_miss: NearMiss) -> None:
        """Take a near miss."""
        self.near_misses.append(near_miss)

    def registered(self, mics: dict[str, MicRecord], rooms: dict[str, RoomRecord]) -> None:
        """Take the registries."""
        del mics
        self.rooms = rooms


class FollowedHouse:
    """One run of the journal's follower on a folder; make another one for a restart."""

    def __init__(
        self,
        client: redis.Redis,
        folder: Path,
        *,
        wall_seconds: float = MORNING,
        kept_seconds: float = math.inf,
        listeners: Sequence[object] = (),
    ) -> None:
        """Read nothing yet."""
        self.clock = ManualClock(wall_seconds)
        self.history = open_history(folder, self.clock)
        self.told = Told()
        self.health = Health(self.clock)
        self.registry = CollectorRegistry()
        self.stop = threading.Event()
        everybody = (*listeners, self.told)
        self.follower = StreamFollower(
            client,
            self.history,
            Listeners(sound=everybody, detections=everybody, episodes=everybody, registry=everybody),  # type: ignore[arg-type]
            cry_label="crying",
            kept_seconds=kept_seconds,
            metrics=FollowerMetrics(self.registry),
            health=self.health,
            clock=self.clock,
            stop=self.stop,
        )

    def turns(self, number: int = 3) -> Self:
        """Do some rounds, and write."""
        for _ in range(number):
            self.follower.turn()
        self.follower.write()
        return self


class HousePipeline:
    """Writes what recorders, classifiers and the alerter write, with the entries' ids at the time of their content."""

    def __init__(self, client: redis.Redis) -> None:
        """Write nothing yet."""
        self.client = client

    def detect(
        self,
        scores: Sequence[float | None],
        *,
        from_at: float = MORNING,
        first: int = 0,
        mic: str = "nursery",
        session: str = "s1",
        captured_offset: float = 0.0,
    ) -> None:
        """Add a detection for each second; the first ends at `from_at`. None leaves a second out."""
        with self.client.pipeline(transaction=False) as pipeline:
            for k, score in enumerate(scores):
                if score is None:
                    continue
                at = from_at + k
                header = WindowHeader(
                    mic=mic,
                    session=session,
                    index=first + k,
                    start_seconds=float(first + k),
                    end_seconds=first + k + 5.0,
                    captured_at_seconds=at + captured_offset,
                    level_dbfs=-40.0,
                )
                detection = Detection(header=header, scores=(("noise", 1.0 - score), ("crying", score)), model="cry")
                body = {names.BODY: detection.encode()}
                pipeline.xadd(names.DETECTIONS_STREAM, body, id=f"{round(at * 1_000)}-*")  # type: ignore[arg-type]
            pipeline.execute()

    def cry(
        self,
        episode_id: str,
        began_at: float,
        seconds: float | None = 30.0,
        mic: str = "nursery",
        captured_offset: float = 0.0,
    ) -> None:
        """Add an episode that opens after 2 s, and its end unless it goes on."""
        opened = Episode(
            episode_id=episode_id,
            mic=mic,
            state=EpisodeState.OPEN,
            ending=Ending.NOT_YET,
            start_seconds=100.0,
            alerted_at_seconds=102.0,
            end_seconds=102.0,
            peak_score=0.8,
            captured_at_seconds=began_at + 2.0 + captured_offset,
        )
        self._add(names.EPISODES_STREAM, opened.encode(), began_at + 2.0)
        if seconds is not None:
            closed = replace(
                opened, state=EpisodeState.CLOSED, ending=Ending.QUIET, end_seconds=100.0 + seconds, peak_score=0.9
            )
            self._add(names.EPISODES_STREAM, closed.encode(), began_at + seconds)

    def tell(self, episode_id: str, kind: str, who: str, at: float) -> None:
        """Add a report of a notice."""
        report = NoticeReport(kind=kind, who=who, at_seconds=at, episode_id=episode_id, mic="nursery")
        self._add(names.NOTICES_STREAM, report.encode(), at)

    def sound(
        self,
        seconds: int,
        *,
        first: int = 0,
        mic: str = "nursery",
        session: str = "s1",
        session_at: float = MORNING,
        noise: bool = False,
    ) -> None:
        """Add chunks of a second each, silent or the noise of `noise_second`, and register the microphone."""
        record = MicRecord(
            mic=mic, sample_rate_hz=RATE_HZ, channels=1, device="test", session=session, heartbeat_seconds=MORNING
        )
        self.client.hset(names.MICS_HASH, mic, record.encode())
        for k in range(first, first + seconds):
            chunk = AudioChunk(
                mic=mic,
                session=session,
                first_sample=k * RATE_HZ,
                sample_rate_hz=RATE_HZ,
                channels=1,
                pcm=noise_second(k).tobytes() if noise else bytes(2 * RATE_HZ),
                captured_at_seconds=session_at + k + 1,
            )
            self._add(names.chunks(mic), chunk.encode(), session_at + k + 1)

    def show_room(self, open_threshold: float, mic: str = "nursery") -> None:
        """Write the alerter's record of a room."""
        room = RoomRecord(
            mic=mic,
            state=RoomState.QUIET,
            session="s1",
            windows=1,
            tombstones=0,
            cry_score=0.1,
            level_dbfs=-40.0,
            heard_until_seconds=1.0,
            episodes=0,
            open_threshold=open_threshold,
        )
        self.client.hset(names.ROOMS_HASH, mic, room.encode())

    def _add(self, stream: str, body: bytes, at: float) -> None:
        self.client.xadd(stream, {names.BODY: body}, id=f"{round(at * 1_000)}-*")
