"""Teaching, as the page and the API see it: hold a lesson, try the taught ear, use it, go back."""

import contextlib
import logging
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import msgspec

from tears.journal.errors import TaughtError
from tears.journal.teaching.lesson_process import LessonProcess
from tears.journal.teaching.lesson_record import LessonFigures, LessonRecord, LessonState, read_record, write_record
from tears.journal.teaching.teaching_metrics import TeachingMetrics
from tears.journal.teaching.trial_scores import Rows, TrialScores
from tears.journal.teaching.trial_thread import Trial, TrialThread
from tears.kit.clock import Clock
from tears.own_data.errors import OwnDataError
from tears.own_data.labels.label_names import CRYING
from tears.own_data.teaching.comparison import Comparison
from tears.own_data.teaching.course import newest_teachable
from tears.own_data.teaching.guard_set import read_guard_set
from tears.own_data.teaching.lesson import Refusal
from tears.own_data.teaching.taught_use import take_taught_back, use_taught
from tears.own_data.teaching.taught_version import read_lesson_note
from tears.own_data.versions.version_files import TFLITE_FILE

logger = logging.getLogger(__name__)


class Material(Protocol):
    """Writes the labelled clips: a `LessonMaterial`."""

    def write(self, folder: Path) -> dict[str, tuple[str, ...]]:
        """Write WAVs of 5 s into `crying/` and `other/`; return the ids of the sounds in each recording."""


class TaughtHouse:
    """The lessons of one house. Methods block on the disk; they are safe to call from any thread.

    Attributes:
        models: the folder that the model server watches; None if the settings name none.
    """

    def __init__(
        self,
        folder: Path,
        models: Path | None,
        server: str,
        material: Material,
        threshold: Callable[[], float],
        metrics: TeachingMetrics,
        clock: Clock,
        stop: threading.Event,
    ) -> None:
        """Read what is known of the last lesson; a trial goes on after `start`.

        `threshold` returns the score at which the house alerts; it is asked at each lesson.
        """
        self.models = models
        self._folder = folder
        self._server = server
        self._material = material
        self._threshold = threshold
        self._metrics = metrics
        self._clock = clock
        self._stop = stop
        self._lock = threading.Lock()
        self._record = read_record(folder)
        self._scores = TrialScores(folder / "trial")
        self._lesson: threading.Thread | None = None
        self.trial = TrialThread(server, self._scores, metrics, clock, stop)

    def start(self) -> None:
        """Start the thread of the trial."""
        self.trial.start()
        if self._record.state is LessonState.OFFERED:
            self._begin_trial()

    def join(self) -> None:
        """Block until the threads have ended, after `stop` was set."""
        self.trial.join()
        if self._lesson is not None:
            self._lesson.join()

    @property
    def record(self) -> LessonRecord:
        """What is known of the last lesson."""
        return self._record

    def trial_scores(self) -> dict[str, Rows]:
        """Return what both ears heard, by microphone."""
        return self._scores.rooms()

    def is_taught(self) -> bool:
        """Return whether the version in use was taught, so that there is a way back."""
        if self.models is None:
            return False
        with contextlib.suppress(OwnDataError):
            return read_lesson_note(newest_teachable(self.models)) is not None
        return False

    def teach(self, *, has_listened_again: bool = False) -> None:
        """Begin a lesson; it replaces a taught ear that is on trial.

        Raises:
            TaughtError: A lesson is being held, or the settings name no folder of models.
        """
        with self._changing():
            if self._record.state is LessonState.RUNNING:
                raise TaughtError("A lesson is being held. Wait until it has ended.")
            self.trial.compare(None)
            self._keep(LessonRecord(state=LessonState.RUNNING, at=self._clock.wall_seconds()))
            self._lesson = threading.Thread(target=self._hold, args=(has_listened_again,), name="lesson")
            self._lesson.start()

    def use(self) -> int:
        """Let the model server use the taught ear; return its version.

        Raises:
            TaughtError: There is none on offer, or its folder cannot be changed.
        """
        with self._changing() as models:
            if self._record.state is not LessonState.OFFERED:
                raise TaughtError("No taught ear is on offer. Teach first.")
            self.trial.compare(None)
            version = use_taught(self._taught, models)
            self._keep(msgspec.structs.replace(self._record, state=LessonState.USED, version=version))
            self._scores.clear()
            logger.info("version %d of the model, which was taught, is in use", version)
            return version

    def go_back(self) -> int:
        """Take the taught ear out of use; return the version that is used instead.

        Raises:
            TaughtError: The ear in use was not taught, or its folder cannot be changed.
        """
        with self._changing() as models:
            version = take_taught_back(models)
            if self._record.state is not LessonState.OFFERED:
                self._keep(LessonRecord())
            logger.info("version %d of the model is in use again", version)
            return version

    def discard(self) -> None:
        """Forget the taught ear that is on offer.

        Raises:
            TaughtError: There is none, or the disk does not let it go.
        """
        with self._changing():
            if self._record.state is not LessonState.OFFERED:
                raise TaughtError("No taught ear is on offer. Teach first.")
            self.trial.compare(None)
            self._scores.clear()
            shutil.rmtree(self._taught, ignore_errors=True)
            self._keep(LessonRecord())

    @property
    def _taught(self) -> Path:
        return self._folder / "taught"

    @contextlib.contextmanager
    def _changing(self) -> Iterator[Path]:
        with self._lock:
            if self.models is None:
                raise TaughtError("Tears does not know where its models are: set TEARS_JOURNAL_MODELS.")
            try:
                yield self.models
            except (OwnDataError, OSError) as error:
                raise TaughtError("That did not work: {reason}", reason=str(error)) from error

    def _keep(self, record: LessonRecord) -> None:
        try:
            write_record(self._folder, record)
        finally:
            # Shown only when it is on the disk, so that nobody acts on what a restart would forget.
            self._record = record

    def _hold(self, has_listened_again: bool) -> None:  # noqa: FBT001 - the target of a thread
        record = self._record
        try:
            record = self._held(record, has_listened_again=has_listened_again)
        except (OwnDataError, OSError) as error:
            record = msgspec.structs.replace(record, state=LessonState.FAILED, fault=str(error))
        except Exception as error:  # the page must not show a lesson for good that has ended
            logger.exception("a lesson broke down")
            record = msgspec.structs.replace(record, state=LessonState.FAILED, fault=repr(error))
        self._metrics.lessons.labels(record.state.value).inc()
        with self._lock:
            try:
                self._keep(record)
            except OSError as error:
                logger.warning("the lesson cannot be kept over a restart: %s", error)
            if record.state is LessonState.OFFERED:
                self._begin_trial()

    def _held(self, record: LessonRecord, *, has_listened_again: bool) -> LessonRecord:
        clips, threshold = self._folder / "clips", self._threshold()
        for old in (clips, self._taught):
            shutil.rmtree(old, ignore_errors=True)
        self._scores.clear()
        self._folder.mkdir(parents=True, exist_ok=True)
        try:
            ids = self._material.write(clips)
            if missing := _missing_kind(clips):
                figures = _without_lesson(threshold, missing)
                return msgspec.structs.replace(record, state=LessonState.REFUSED, figures=figures)
            assert self.models is not None  # noqa: S101 - `teach` has checked it
            process = LessonProcess(
                clips=clips,
                models=self.models,
                server=self._server,
                threshold=threshold,
                out=self._taught,
                has_listened_again=has_listened_again,
            )

            def show(done: int, total: int) -> None:
                self._record = msgspec.structs.replace(record, done=done, total=total)

            outcome = process.run(show, self._stop)
        finally:
            shutil.rmtree(clips, ignore_errors=True)
        if isinstance(outcome, str):
            return msgspec.structs.replace(record, state=LessonState.FAILED, fault=outcome)
        doubtful = tuple(clip_id for name in outcome.doubtful for clip_id in ids.get(name, ()))
        outcome = msgspec.structs.replace(outcome, doubtful=doubtful)
        state = LessonState.OFFERED if outcome.refusal is None else LessonState.REFUSED
        return msgspec.structs.replace(record, state=state, figures=outcome)

    def _begin_trial(self) -> None:
        try:
            assert self.models is not None  # noqa: S101 - a lesson needs it
            served = newest_teachable(self.models)
            guard = read_guard_set(served)
            contents = [(folder / TFLITE_FILE).read_bytes() for folder in (served, self._taught)]
            heads = [guard.places.read(one) for one in contents]
        except (OwnDataError, OSError, AssertionError) as error:
            logger.warning("the taught ear cannot listen on trial: %s", error)
            return
        self.trial.compare(Trial(served=heads[0], taught=heads[1], version=int(served.name)))


def _missing_kind(clips: Path) -> Refusal | None:
    """Return which of the two kinds of sounds has no clip at all."""
    if not (clips / CRYING).is_dir():
        return Refusal.FEW_CRYING
    return None if len(list(clips.iterdir())) > 1 else Refusal.FEW_OTHER


def _without_lesson(threshold: float, refusal: Refusal) -> LessonFigures:
    none = Comparison(0, 0, 0)
    return LessonFigures(
        threshold=threshold,
        refusal=refusal,
        crying=0,
        other=0,
        heard=none,
        false_alarms=none,
        guard_heard=none,
        guard_false_alarms=none,
        base_sha256="",
    )
