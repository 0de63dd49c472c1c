"""The clips: what pages, the API and teaching read of them and do with them. Safe to use from any thread."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec
import redis
import soundfile

from tears.journal.clips.clip_folder import ClipFolder
from tears.journal.clips.clip_outcomes import tell_history
from tears.journal.clips.cutting.clip_plan import MOST_EPISODE_SECONDS, ClipOf, ClipPlan
from tears.journal.clips.cutting.open_clip import OpenClip
from tears.journal.clips.cutting.recorded_sound import RecordedSound, RecordedStretch
from tears.journal.clips.cutting.stream_sound import StreamSound, oldest_at, place_before
from tears.journal.clips.renderings.mp3 import mp3_of
from tears.journal.clips.renderings.spectrogram import spectrogram_of
from tears.journal.errors import ClipStoreError
from tears.journal.history.history_file import HistoryFile
from tears.journal.history.records import ClipState, KeptClip, ParentLabel, Verdict
from tears.kit.files import reason_and_cure

logger = logging.getLogger(__name__)


class KeptMark(msgspec.Struct, frozen=True, kw_only=True):
    """What a parent has marked, and the sound of it; the clip has the id of the label."""

    label: ParentLabel
    clip: KeptClip


@dataclass(frozen=True, slots=True)
class _Rendering:
    key: tuple[str, str, int]
    content: bytes


class ClipStore:
    """The clips by the ids of their episodes, near misses and marks.

    Every method blocks on the disk, so a request calls it in the thread pool, never in the event loop. Ids come from
    outside: they are looked up, and never become part of a path.
    """

    def __init__(
        self,
        folder: ClipFolder,
        history: HistoryFile,
        recordings: RecordedSound,
        client: redis.Redis | None,
        *,
        keeps_marks: bool = True,
    ) -> None:
        """Touch nothing yet; without `client`, marks have only the sound of recordings."""
        self.folder = folder
        self._history = history
        self._recordings = recordings
        self._redis = client
        self._keeps_marks = keeps_marks
        # One at a time: each takes a core of a Pi for seconds.
        self._rendering = threading.Lock()
        # The newest of what the disk did not take: the player asks again for each piece.
        self._unkept: _Rendering | None = None

    @property
    def fault(self) -> str:
        """Why the last clip was not kept, in words that are also the key of their translation; empty if it was."""
        return self.folder.fault.value

    def path(self, clip_id: str) -> Path | None:
        """Return the FLAC file of a clip, which is whole; None if there is none (any more)."""
        clip = self.folder.find(clip_id)
        if clip is None and self._history.clip(clip_id).state is ClipState.KEPT:
            # Somebody has deleted the file: the pages offer it no longer.
            tell_history(self._history, clip_id, KeptClip(state=ClipState.DELETED))
        return clip

    def mp3(self, clip_id: str) -> Path | bytes | None:
        """Return the clip as MP3, which is made at the first call: seconds on a Pi; None as `path` does.

        It is a file, or the content of one if the disk does not take it. Raises ClipStoreError if the clip is damaged.
        """
        return self._rendering_of(clip_id, ".mp3", mp3_of)

    def spectrogram(self, clip_id: str) -> Path | bytes | None:
        """Return the spectrogram of a clip as PNG, like `mp3`.

        Time runs from left to right over the whole width, frequency from 0 at the bottom to 8 kHz at the top.
        """
        return self._rendering_of(clip_id, ".png", spectrogram_of)

    def recorded(self, mic: str | None, from_at: float, to_at: float) -> list[RecordedStretch]:
        """Return the files of the recordings that hold sound of a time, of one room or of all, the earliest first."""
        return self._recordings.stretches(mic, from_at, to_at)

    def recording(self, name: str) -> Path | None:
        """Return the file of a recording by the name that `recorded` gives; None if there is none (any more)."""
        return self._recordings.find(name)

    def has_sound(self, mic: str, from_at: float, to_at: float) -> bool:
        """Return whether there is sound of a stretch, in the recordings or in Redis."""
        if self._recordings.stretches(mic, from_at, to_at):
            return True
        try:
            return self._redis is not None and oldest_at(self._redis, mic) < to_at
        except redis.RedisError:
            return False

    def listen(self, mic: str, from_at: float, to_at: float) -> Path | None:
        """Return a stretch of what a room heard as MP3, before it is marked; None if there is no sound of it.

        The file stays until a few other stretches were listened to.

        Raises:
            ClipStoreError: the stretch is empty or longer than five minutes, or the disk does not take it.
        """
        _check_stretch(from_at, to_at)
        with self._rendering:
            path = self.folder.stretch_path(mic, from_at, to_at)
            if path.is_file():
                return path
            clip = OpenClip(
                ClipPlan(clip_id=path.stem, clip_of=ClipOf.MARK, mic=mic, from_at=from_at, to_at=to_at),
                self.folder.make_stretch_writer,
            )
            try:
                self._fill(clip)
                sound = clip.finish()
                return None if sound is None else self.folder.keep_stretch(path, sound, mp3_of(sound))
            except (OSError, soundfile.SoundFileError) as error:
                raise ClipStoreError("The sound could not be cut: {reason}.", reason=error) from error
            finally:
                clip.discard()

    def mark(self, mic: str, from_at: float, to_at: float, verdict: Verdict, *, made_by: str) -> KeptMark:
        """Keep what a parent says of a stretch of a room's sound, with a clip of it.

        The sound comes from the recordings, and from what Redis still holds. If there is none, the mark is kept without
        a clip.

        Raises:
            ClipStoreError: the stretch is empty or longer than five minutes.
            HistoryFileError: the mark cannot be kept.
        """
        _check_stretch(from_at, to_at)
        label = self._history.label(mic, from_at, to_at, verdict, made_by=made_by)
        clip = self._cut_mark(label) if self._keeps_marks else KeptClip()
        tell_history(self._history, label.id, clip)
        return KeptMark(label=label, clip=clip)

    def delete(self, clip_id: str) -> bool:
        """Delete a clip and what was made of it, and tell the history; return whether there was one.

        Raises ClipStoreError if the disk refuses.
        """
        try:
            is_deleted = self.folder.delete(clip_id)
        except OSError as error:
            raise ClipStoreError("The sound could not be deleted: {reason}.", reason=reason_and_cure(error)) from error
        if is_deleted:
            tell_history(self._history, clip_id, KeptClip(state=ClipState.DELETED))
        return is_deleted

    def _rendering_of(self, clip_id: str, suffix: str, make: Callable[[Path], bytes]) -> Path | bytes | None:
        with self._rendering:
            clip = self.path(clip_id)
            if clip is None:
                return None
            if (made := self.folder.rendering(clip_id, suffix)) is not None:
                return made
            try:
                key = (clip_id, suffix, clip.stat().st_mtime_ns)
                if self._unkept is not None and self._unkept.key == key:
                    return self._unkept.content
                content = make(clip)
            except FileNotFoundError:
                return None
            except (OSError, soundfile.SoundFileError) as error:
                raise ClipStoreError("This sound is damaged and cannot be played; delete it.") from error
            try:
                return self.folder.keep_rendering(clip_id, suffix, content)
            except OSError:
                # A full disk.
                self._unkept = _Rendering(key, content)
                return content

    def _cut_mark(self, label: ParentLabel) -> KeptClip:
        plan = ClipPlan(clip_id=label.id, clip_of=ClipOf.MARK, mic=label.mic, from_at=label.from_at, to_at=label.to_at)
        clip = OpenClip(plan, self.folder.make_writer)
        try:
            self._fill(clip)
            path = clip.finish()
        except (OSError, soundfile.SoundFileError) as error:
            logger.warning("the clip of mark %s was not kept: %s", label.id, error)
            return KeptClip(state=ClipState.FAILED)
        finally:
            clip.discard()
        if path is None:
            return KeptClip()
        self.folder.added(label.id, path)
        return KeptClip(state=ClipState.KEPT, from_at=clip.from_at, seconds=clip.seconds)

    def _fill(self, clip: OpenClip) -> None:
        """Append what the recordings and Redis hold of a stretch."""
        self.folder.require_space()
        plan = clip.plan
        for chunk in self._recordings.chunks(plan.mic, plan.from_at, plan.from_at + plan.wanted_seconds):
            clip.take(chunk)
        self._take_newest(clip)

    def _take_newest(self, clip: OpenClip) -> None:
        """Append what is only in Redis so far: the file of the last half minute is not written yet."""
        if self._redis is None:
            return
        plan = clip.plan
        try:
            sound = StreamSound(self._redis, plan.mic, place_before(self._redis, plan.mic, plan.from_at + clip.seconds))
            for chunk in sound.read_all():
                clip.take(chunk)
        except redis.RedisError as error:
            logger.warning("the sound of %s lacks what is only in Redis: %s", plan.clip_id, error)


def _check_stretch(from_at: float, to_at: float) -> None:
    if not 0 < to_at - from_at <= MOST_EPISODE_SECONDS:
        raise ClipStoreError(
            "A stretch of sound ends after its beginning, and at most five minutes later. Choose another one."
        )
