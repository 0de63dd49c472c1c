"""A room whose sound is in a real Redis, and the parts of the journal that keep clips of it."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import redis
import soundfile
from prometheus_client import CollectorRegistry
from support.journal.kept_history import crying, keep, open_history
from support.sound.chunks import WALL_SECONDS, chunks, known_noise

from tears.journal.clips.clip_folder import ClipFolder
from tears.journal.clips.clip_store import ClipStore
from tears.journal.clips.cutting.clip_plan import plan_of_episode
from tears.journal.clips.cutting.recorded_sound import RecordedSound
from tears.journal.clips.retention import ClipLimits
from tears.journal.clips.stream_cutter import StreamCutter
from tears.journal.history import HistoryFile, KeptEpisode
from tears.journal.metrics import JournalMetrics
from tears.kit.clock import ManualClock
from tears.kit.streams import names

RATE_HZ = 8_000
SOUND = known_noise(400 * RATE_HZ)


@dataclass
class ClipHouse:
    """The room `nursery`, with an empty history and no clips at first."""

    client: redis.Redis
    data: Path
    limits: ClipLimits = field(default_factory=ClipLimits)
    clock: ManualClock = field(default_factory=lambda: ManualClock(WALL_SECONDS))
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)

    def __post_init__(self) -> None:
        self.history: HistoryFile = open_history(self.data, self.clock)
        self.metrics = JournalMetrics(self.registry)
        self.begin_again()

    def begin_again(self) -> None:
        """Make the parts as a new process makes them."""
        self.folder = ClipFolder(self.data / "clips", self.limits, self.clock)
        self.cutter = StreamCutter(self.client, self.folder, self.history, self.metrics, self.clock)
        recordings = RecordedSound(self.data / "recordings")
        self.store = ClipStore(self.folder, self.history, recordings, self.client)
        self.cutter.start()

    def hear(
        self,
        first_second: int,
        end_second: int,
        mic: str = "nursery",
        *,
        clock_offset: float = 0.0,
        session: str | None = None,
    ) -> None:
        """Publish these seconds of the sound, by a recorder whose clock may be wrong."""
        for right in chunks(SOUND, mic=mic)[first_second:end_second]:
            one = replace(right, captured_at_seconds=right.captured_at_seconds + clock_offset)
            if session is not None:
                one = replace(one, session=session)
            self.client.xadd(names.chunks(mic), {names.BODY: one.encode()})

    def cries(self, name: str, from_second: float, seconds: float | None) -> KeptEpisode:
        """Let the history know of an episode, and return that."""
        episode = crying(name, WALL_SECONDS + from_second, seconds)
        keep(self.history, episode)
        found = self.history.episode(name)
        assert found is not None
        return found

    def cut(self, episode: KeptEpisode) -> None:
        """Let the clip of an episode be cut, as far as its sound is there."""
        self.cutter.cut(plan_of_episode(episode), episode.clip)
        self.cutter.advance()

    def is_clip(self, name: str, from_second: float, end_second: float) -> bool:
        """Return whether the clip of this name holds exactly these seconds of the sound."""
        path = self.store.path(name)
        wanted = SOUND[round(from_second * RATE_HZ) : round(end_second * RATE_HZ)]
        return path is not None and np.array_equal(soundfile.read(path, dtype="int16")[0], wanted)

    def count(self, outcome: str, of: str = "episode") -> float:
        """Return how many clips had this outcome."""
        return self.registry.get_sample_value("tears_journal_clips_total", {"of": of, "outcome": outcome}) or 0.0

    def parts(self) -> list[Path]:
        """Return the half-written files."""
        return sorted((self.data / "clips").glob("*/*/*.part"))
