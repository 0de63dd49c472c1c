"""Keeps the nights and makes their reports, in a thread of its own: whatever fails or hangs here delays no alert."""

import logging
import sqlite3
import threading
import uuid
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tears.alerter.metrics import AlerterMetrics
from tears.alerter.nights.diary import DiaryNotes
from tears.alerter.nights.due_report import due_night
from tears.alerter.nights.night_file import written_night_file
from tears.alerter.nights.notes import NightNotes
from tears.alerter.nights.reading import read_night
from tears.alerter.nights.report import facts_of
from tears.alerter.notices.kinds import NoticeKind
from tears.alerter.notices.notice import NOTICE_NAMESPACE, Notice
from tears.alerter.notices.wording import DEFAULT_LANGUAGE, Words, words_of
from tears.kit.calendar.nights import Night, last_night
from tears.kit.clock import Clock, wall_clock_fault
from tears.kit.files.sqlite import is_damage

logger = logging.getLogger(__name__)

# A power cut loses so much of a night's picture, and no episode that has ended before.
WRITE_SECONDS: Final = 60.0
# How often to look whether a report is due.
REPORT_LOOK_SECONDS: Final = 5.0
# How long a stop waits for the last write.
LAST_WRITE_SECONDS: Final = 5.0
MOST_WAITING_NEWS: Final = 7


@dataclass(frozen=True, slots=True)
class NightNews:
    """The notices of a night's report. The loop saves them together with the fact that the night was told."""

    night: str
    notices: Sequence[Notice]


@dataclass
class NightKeeper:
    """Writes notes into the night file, and makes each night's report once. `run` is the thread's; `take_news` is not.

    Args:
        path: the night file.
        notes: what the loop notes.
        kept_nights: how many nights are kept.
        report_at: hour and minute of the report, local time; None makes none.
        told: the nights that were told before, as text.
        diary: where reports are written too, in the language of the house; None for nowhere.
    """

    path: Path
    notes: NightNotes
    kept_nights: int
    report_at: tuple[int, int] | None
    told: Iterable[str]
    metrics: AlerterMetrics
    clock: Clock
    diary: DiaryNotes | None = None
    language: str = DEFAULT_LANGUAGE
    _told: set[str] = field(init=False)
    _news: deque[NightNews] = field(default_factory=lambda: deque(maxlen=MOST_WAITING_NEWS), init=False)
    _write_at_seconds: float = field(init=False)
    _forgotten_before: Night | None = field(default=None, init=False)
    _is_failing: bool = field(default=False, init=False)
    _is_checked: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        """Begin with the first write after a minute."""
        self._told = set(self.told)
        self._write_at_seconds = self.clock.monotonic_seconds() + WRITE_SECONDS

    def run(self, stop: threading.Event) -> None:
        """Block until `stop` is set; then write what is left."""
        self.turn()
        while not self.clock.wait(stop, REPORT_LOOK_SECONDS):
            self.turn()
        self.write()

    def turn(self) -> None:
        """Write if a minute has passed, and make a report that is due."""
        try:
            if self.clock.monotonic_seconds() >= self._write_at_seconds:
                self.write()
            self._report_if_due()
            self._write_diary()
        except Exception:
            # The edge of the thread. If it ended, no night would be kept any more, and nobody would know.
            logger.exception("the night could not be kept or reported")
            self.metrics.nights.failures.labels("report").inc()

    def write(self) -> bool:
        """Write the notes now; return whether that has succeeded. What cannot be written stays in memory."""
        self._write_at_seconds = self.clock.monotonic_seconds() + WRITE_SECONDS
        taken = self.notes.take()
        now = self.clock.wall_seconds()
        first = last_night(now).before(self.kept_nights - 1)
        try:
            with written_night_file(self.path, is_checked=self._is_checked) as file:
                self._is_checked = True
                file.write(taken)
                # A clock that is far ahead would make all nights old.
                if first != self._forgotten_before and not wall_clock_fault(now):
                    file.forget_before(first)
                    self._forgotten_before = first
        except (sqlite3.Error, OSError) as error:
            self._is_checked = self._is_checked and not is_damage(error)
            self.notes.put_back(taken)
            self.metrics.nights.dropped_notes.inc(self.notes.take_dropped())
            self.metrics.nights.failures.labels("write").inc()
            if not self._is_failing:
                logger.warning("the night file %s cannot be written: %s; alerts do not need it", self.path, error)
            self._is_failing = True
            return False
        if self._is_failing:
            logger.info("the night file %s can be written again", self.path)
        self._is_failing = False
        return True

    def take_news(self) -> list[NightNews]:
        """Return the reports that were made since the last call, and forget them. Never blocks."""
        news = []
        while self._news:
            news.append(self._news.popleft())
        return news

    def _report_if_due(self) -> None:
        if self.report_at is None:
            return
        now = self.clock.wall_seconds()
        night = due_night(now, self.report_at, self._told)
        if night is None or not self.write():
            return
        with written_night_file(self.path, is_checked=True) as file:
            record = read_night(file, night, now)
        # Also if nothing was heard: then there is nothing to say, however often one looks.
        self._told.add(str(night))
        notices = [
            Notice(
                key=str(uuid.uuid5(NOTICE_NAMESPACE, f"{mic}/{night}/{NoticeKind.NIGHT_REPORT}")),
                kind=NoticeKind.NIGHT_REPORT,
                mic=mic,
                facts=facts_of(room, night),
                happened_at_seconds=now,
            )
            for mic, room in record.rooms.items()
        ]
        if self.diary is not None and notices:
            texts = [" ".join((words.title + ".", words.body)) for words in self._words(notices, now)]
            with written_night_file(self.path, is_checked=True) as file:
                file.add_due_notes(texts, now)
            self.diary.hurry()
        logger.info("the report of the night of %s is about %d rooms", night, len(notices))
        self._news.append(NightNews(str(night), notices))

    def _words(self, notices: Sequence[Notice], now: float) -> list[Words]:
        return [words_of(notice, self.language, now) for notice in notices]

    def _write_diary(self) -> None:
        if self.diary is not None and self.diary.is_time:
            with written_night_file(self.path, is_checked=self._is_checked) as file:
                self.diary.write_due(file)


def start_keeper(keeper: NightKeeper, stop: threading.Event) -> threading.Thread:
    """Run a keeper in a thread, which cannot keep the process from ending."""
    thread = threading.Thread(target=keeper.run, args=(stop,), name="nights", daemon=True)
    thread.start()
    return thread
