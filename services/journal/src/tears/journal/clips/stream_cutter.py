"""Cut the clips of episodes and near misses out of the chunk streams while these hold their sound."""

import logging
from dataclasses import dataclass

import redis
import soundfile

from tears.journal.clips.clip_folder import ClipFolder, is_clip_id
from tears.journal.clips.clip_outcomes import ClipOutcomes
from tears.journal.clips.cutting.begun_clip import look_at_begun
from tears.journal.clips.cutting.clip_plan import ClipPlan, plan_of_episode, plan_of_near_miss
from tears.journal.clips.cutting.clip_writer import times_of
from tears.journal.clips.cutting.open_clip import OpenClip
from tears.journal.clips.cutting.stream_sound import StreamSound, oldest_at, place_before
from tears.journal.clips.kept_list import KeptList
from tears.journal.clips.retention import ClipFile
from tears.journal.database.storage_faults import StorageFault, fault_of
from tears.journal.errors import HistoryFileError
from tears.journal.history.history_file import HistoryFile
from tears.journal.history.records import ClipState, KeptClip
from tears.journal.metrics import JournalMetrics
from tears.kit.clock import Clock
from tears.kit.files import reason_and_cure

logger = logging.getLogger(__name__)

# More rooms than this do not cry at once.
_MOST_OPEN_CLIPS = 16
# A clip ends when its end is due and no more sound has come for this long: the microphone is gone.
_END_WAIT_SECONDS = 15.0
# A clip whose end is never told ends after this time.
_LONGEST_OPEN_SECONDS = 600.0
# Room for a clip that is about to be written: 5 min of 48 kHz mono take less, as FLAC.
_ROOM_BYTES = 32 * 2**20
# What one call of `advance` reads for a clip: 80 s, so that a long clip holds up no other.
_MOST_PAGES = 20
# A clip that is longer than its plan by more than this is shortened.
_MOST_EXCESS_SECONDS = 0.1


@dataclass
class _Cut:
    clip: OpenClip
    sound: StreamSound
    opened_at_seconds: float
    heard_at_seconds: float


class StreamCutter:
    """Keeps no sound in memory: Redis holds the last two minutes of each room. Not thread-safe.

    What was written stays a part file until the clip is whole. Why the last clip was not kept is in `ClipFolder.fault`.
    """

    def __init__(
        self, client: redis.Redis, folder: ClipFolder, history: HistoryFile, metrics: JournalMetrics, clock: Clock
    ) -> None:
        """Open nothing yet."""
        self._redis = client
        self._folder = folder
        self._history = history
        self._metrics = metrics
        self._clock = clock
        self._outcomes = ClipOutcomes(folder, history, metrics)
        self._kept = KeptList(folder.path)
        self._open: dict[str, _Cut] = {}

    def __len__(self) -> int:
        """Return how many clips are open."""
        return len(self._open)

    def start(self) -> None:
        """Look at what earlier processes have left, and tell the history what it does not know of. Call it first."""
        try:
            if mended := self._folder.tidy():
                logger.info("saved the sound of %d half-written clips of an earlier run", mended)
        except OSError as error:
            logger.warning("cannot save half-written clips in %s: %s", self._folder.path, reason_and_cure(error))
        try:
            self._folder.take_stock()
        except OSError as error:
            logger.warning("cannot look at %s: %s", self._folder.path, reason_and_cure(error))
            self._folder.fault = fault_of(error)
            return
        for file in self._folder.files():
            self._tell_of(file)

    def catch_up(self) -> None:
        """Begin the clips that an earlier process has not ended, as far as Redis still holds their sound.

        Of an episode that has ended before, the follower does not tell again. Raises redis-py's errors as they are.
        """
        for mic in self._history.mics():
            since = oldest_at(self._redis, mic)
            for episode in self._history.episodes(mic, since, float("inf")):
                self.cut(plan_of_episode(episode), episode.clip)
            for near_miss in self._history.near_misses(mic, since, float("inf")):
                self.cut(plan_of_near_miss(near_miss), near_miss.clip)

    def cut(self, plan: ClipPlan, kept: KeptClip) -> None:
        """Begin a clip, or take note of the end of one that is open. Raises redis-py's errors as they are.

        Nothing is done for what was deleted, and for a clip that holds all of its plan already: the follower may tell
        the same thing again. `kept` is what the history knows of the clip.
        """
        if plan.to_at is None and (known := self._history.episode(plan.clip_id)) is not None:
            # It may have ended since: messages are read once more after a restart.
            plan = plan_of_episode(known)
        if (cut := self._open.get(plan.clip_id)) is not None:
            if plan.to_at is not None:
                cut.clip.plan = plan
            return
        if kept.state is ClipState.DELETED or self._is_deleted(plan):
            return
        if self._holds_all(plan):
            self._shorten(plan)
            return
        self._open_clip(plan, kept)

    def _open_clip(self, plan: ClipPlan, kept: KeptClip) -> None:
        if len(self._open) >= _MOST_OPEN_CLIPS:
            # Most of what is told after a restart is over already.
            self.advance()
        if len(self._open) >= _MOST_OPEN_CLIPS or not is_clip_id(plan.clip_id):
            self._outcomes.count(plan, "dropped")
            return
        if plan.to_at is not None and plan.to_at <= oldest_at(self._redis, plan.mic):
            if kept.state is ClipState.NONE:
                self._outcomes.count(plan, "no_sound")
            return
        place = place_before(self._redis, plan.mic, plan.from_at)
        now = self._clock.monotonic_seconds()
        try:
            self._make_space()
            clip = self._begin(plan)
        except OSError as error:
            self._outcomes.failed(plan, error)
            return
        self._open[plan.clip_id] = _Cut(clip, StreamSound(self._redis, plan.mic, place), now, now)

    def advance(self) -> None:
        """Append what has come since, and close the clips that are whole. Raises redis-py's errors as they are."""
        for clip_id, cut in list(self._open.items()):
            try:
                self._read(cut)
                cut.clip.sync()
            except (OSError, soundfile.SoundFileError) as error:
                del self._open[clip_id]
                cut.clip.discard()
                self._outcomes.failed(cut.clip.plan, error)
                continue
            if self._is_over(cut):
                self._close(clip_id)

    def close(self) -> None:
        """Close all open clips with what they have."""
        for clip_id in list(self._open):
            self._close(clip_id)

    def sweep(self, room_bytes: int = 0) -> None:
        """Delete what is beyond the limits once `room_bytes` more are written, and tell the history.

        What a parent has labelled or starred stays, and so does everything while the history cannot say what that is.
        """
        try:
            clip_ids = {file.clip_id for file in self._folder.files()}
            deleted = self._folder.sweep(self._kept.wanted(self._history, clip_ids), room_bytes)
        except HistoryFileError as error:
            logger.warning("no old clips are deleted: %s", error)
            return
        except OSError as error:
            logger.warning("cannot delete old clips in %s: %s", self._folder.path, reason_and_cure(error))
            return
        for file in deleted:
            self._outcomes.deleted(file.clip_id)
        self._metrics.deleted_clips.inc(len(deleted))
        self._metrics.clips_bytes.set(self._folder.size_bytes)
        if self._folder.fault is StorageFault.FULL and self._folder.has_space():
            self._folder.fault = StorageFault.NONE
        if deleted:
            logger.info("deleted %d clips to stay within the limits", len(deleted))

    def _begin(self, plan: ClipPlan) -> OpenClip:
        """Go on with what an earlier process has kept of the clip: Redis holds only the last two minutes."""
        path = self._folder.find(plan.clip_id)
        begun = None if path is None else look_at_begun(path)
        clip = OpenClip(plan, self._folder.make_writer)
        if begun is None:
            return clip
        try:
            clip.resume(begun)
        except OSError:
            clip.discard()
            raise
        except soundfile.SoundFileError as error:
            clip.discard()
            logger.warning("%s is damaged (%s); its clip is cut anew", path, error)
            return OpenClip(plan, self._folder.make_writer)
        return clip

    def _read(self, cut: _Cut) -> None:
        if not cut.clip.is_done:
            self._folder.require_space()
        for _ in range(_MOST_PAGES):
            if cut.clip.is_done or (page := cut.sound.read()) is None:
                return
            cut.heard_at_seconds = self._clock.monotonic_seconds()
            for chunk in page:
                cut.clip.take(chunk)

    def _is_over(self, cut: _Cut) -> bool:
        now = self._clock.monotonic_seconds()
        is_due = cut.clip.plan.to_at is not None and now - cut.heard_at_seconds >= _END_WAIT_SECONDS
        return cut.clip.is_done or is_due or now - cut.opened_at_seconds >= _LONGEST_OPEN_SECONDS

    def _close(self, clip_id: str) -> None:
        clip = self._open.pop(clip_id).clip
        plan = clip.plan
        try:
            if (before := self._folder.find(clip_id)) is not None and times_of(before)[1] >= clip.seconds:
                # What is there holds more, such as a clip whose beginning Redis has lost since.
                self._shorten(plan)
                return
            if self._is_deleted(plan):
                return
            path = clip.finish()
            if path is not None:
                self._folder.added(clip_id, path)
        except (OSError, soundfile.SoundFileError) as error:
            self._outcomes.failed(plan, error)
            return
        finally:
            clip.discard()
        if path is None:
            self._outcomes.count(plan, "no_sound")
            return
        self._folder.fault = StorageFault.NONE
        self._outcomes.count(plan, "kept")
        self._outcomes.kept(clip_id, from_at=clip.from_at, seconds=clip.seconds)
        self._shorten(plan)
        self.sweep()

    def _shorten(self, plan: ClipPlan) -> None:
        """Leave out of the file of a clip what was written before its end was told."""
        path = self._folder.find(plan.clip_id)
        begins_at, seconds = (0.0, 0.0) if path is None else times_of(path)
        if begins_at + seconds <= plan.from_at + plan.wanted_seconds + _MOST_EXCESS_SECONDS:
            return
        clip = None
        try:
            clip = self._begin(plan)
            if (shortened := clip.finish()) is None:
                return
            self._folder.added(plan.clip_id, shortened)
        except (OSError, soundfile.SoundFileError) as error:
            logger.warning("the clip of %s %s stays too long: %s", plan.clip_of, plan.clip_id, error)
            return
        finally:
            if clip is not None:
                clip.discard()
        self._outcomes.kept(plan.clip_id, from_at=clip.from_at, seconds=clip.seconds)

    def _is_deleted(self, plan: ClipPlan) -> bool:
        """Return whether a parent has deleted the episode, perhaps while it went on."""
        return self._history.is_deleted(plan.clip_id)

    def _holds_all(self, plan: ClipPlan) -> bool:
        path = self._folder.find(plan.clip_id)
        return path is not None and times_of(path)[1] >= plan.wanted_seconds - 1.0

    def _make_space(self) -> None:
        if not self._folder.has_space():
            self.sweep(_ROOM_BYTES)
        self._folder.require_space()

    def _tell_of(self, file: ClipFile) -> None:
        """Tell the history of a clip that it takes for one that is not there: the power failed between the two.

        A clip whose episode was deleted while it was written is deleted.
        """
        if self._history.is_deleted(file.clip_id):
            self._folder.delete(file.clip_id)
            return
        if self._history.clip(file.clip_id).state is ClipState.KEPT:
            return
        begins_at, seconds = times_of(self._folder.path / file.path)
        if seconds:
            self._outcomes.kept(file.clip_id, from_at=begins_at, seconds=seconds)
