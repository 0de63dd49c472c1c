"""Watch the rooms until Ctrl-C, or until all recordings have been played."""

import contextlib
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

import redis
from rich.console import Console
from rich.live import Live
from rich.text import Text

from tears.cli.page.journal_page import JournalPage
from tears.cli.page.qr_code import qr_text
from tears.cli.pipeline.local_pipeline import LocalPipeline
from tears.cli.view.change_log import ChangeLog
from tears.cli.view.present_faults import PresentFaults
from tears.cli.view.room_history import HouseHistory
from tears.cli.view.rooms_view import HouseView, room_views
from tears.cli.view.service_probes import faults_of, notices_waiting
from tears.cli.view.start_line import are_all_listening, start_line
from tears.kit.errors import MessageError
from tears.kit.health import STARTING_SECONDS
from tears.kit.messages import Detection
from tears.kit.registry.given_names import read_given_names
from tears.kit.registry.mics import MicRecord, read_mics
from tears.kit.registry.retirement import retire_mic
from tears.kit.registry.room_names import RoomNames
from tears.kit.registry.rooms import RoomRecord, read_rooms
from tears.kit.streams.names import BODY, DETECTIONS_STREAM

VIEW_SECONDS = 0.25
PROBE_SECONDS = 1.0


class RoomWatch:
    """Shows the rooms of a pipeline: a live view on a terminal, else lines."""

    def __init__(
        self,
        pipeline: LocalPipeline,
        mics: Sequence[str],
        receivers: str,
        console: Console,
        journal: JournalPage | None = None,
    ) -> None:
        self._pipeline = pipeline
        self._journal = journal
        self._mics = mics
        self._receivers = receivers
        self._console = console
        self._names = RoomNames()
        self._change_log = ChangeLog(console, self._names)
        self._faults = PresentFaults()
        self._history = HouseHistory()
        self._model = pipeline.model
        self._notices_waiting: int | None = None
        self._begun_at_seconds = time.monotonic()
        self._probe_at_seconds = 0.0
        self._is_started = False
        self._is_late = False

    def run(self, stop: threading.Event) -> None:
        """Block until `stop` is set or every recording has been played; raise what the pipeline raises."""
        with self._live() as live:
            while not stop.wait(VIEW_SECONDS):
                self._pipeline.restart_dead_processes()
                self._look_after_journal()
                self._take_warnings()
                try:
                    # Asked each time, because Redis may move.
                    client = self._pipeline.client()
                    records, rooms = self._read(client)
                    self._history.follow(client, rooms, time.monotonic())
                    self._note_model(client)
                except redis.RedisError as error:
                    if live is not None:
                        live.update(Text(f"Redis does not answer: {error}", "yellow"), refresh=True)
                    continue
                self._print_start(records)
                if live is not None:
                    self._probe()
                    live.update(self._view(records, rooms), refresh=True)
                else:
                    self._change_log.update(records, rooms, is_starting=self._is_starting())
                if self._have_ended(records, rooms):
                    return

    def _live(self) -> contextlib.AbstractContextManager[Live | None]:
        """Return what redraws the view; a file or a pipe gets lines instead."""
        if not self._console.is_terminal:
            return contextlib.nullcontext()
        return Live(console=self._console, auto_refresh=False)

    def _read(self, client: redis.Redis) -> tuple[dict[str, MicRecord], dict[str, RoomRecord]]:
        registered, rooms = read_mics(client), read_rooms(client)
        if self._pipeline.redis_pid is not None:
            # Nothing is expected of the rooms of earlier runs: nobody else writes to a Redis of our own.
            for mic in rooms.keys() - registered.keys() - set(self._mics):
                retire_mic(client, mic)
        with contextlib.suppress(redis.ResponseError):  # the rooms are shown with the names that are known
            self._names.given = read_given_names(client)
        shown = {mic: room for mic, room in rooms.items() if mic in self._mics}
        return {mic: record for mic, record in registered.items() if mic in self._mics}, shown

    def _is_starting(self) -> bool:
        return time.monotonic() - self._begun_at_seconds < STARTING_SECONDS

    def _print_start(self, records: Mapping[str, MicRecord]) -> None:
        """Print a line when every room is listened to; before that, one when they have all had time enough."""
        are_listening = are_all_listening(self._mics, records)
        if self._is_started or not (are_listening or (not self._is_starting() and not self._is_late)):
            return
        self._is_started, self._is_late = are_listening, True
        self._console.print(Text(start_line(self._mics, records, self._model, self._receivers)), soft_wrap=True)

    def _look_after_journal(self) -> None:
        """Keep the journal alive, and print where its page is, once; on a terminal as a QR code too."""
        if self._journal is None:
            return
        self._journal.keep()
        introduction = self._journal.take_introduction()
        if introduction is None:
            return
        self._console.print(Text(introduction), soft_wrap=True)
        if self._console.is_terminal:
            self._console.print(qr_text(self._journal.url))

    def _take_warnings(self) -> None:
        warnings = self._pipeline.new_warnings()
        if self._journal is not None:
            warnings += self._journal.new_warnings()
        if self._console.is_terminal:
            self._faults.note_logged(warnings, time.monotonic())
            return
        for warning in warnings:
            self._console.print(Text(warning), soft_wrap=True)

    def _probe(self) -> None:
        """Ask the services once a second."""
        now_seconds = time.monotonic()
        if now_seconds < self._probe_at_seconds:
            return
        self._probe_at_seconds = now_seconds + PROBE_SECONDS
        if not self._is_starting():
            journal = [] if self._journal is None else self._journal.services()
            self._faults.note_faults(faults_of([*self._pipeline.services(), *journal]))
        self._notices_waiting = notices_waiting(self._pipeline.child("alerter"))

    def _note_model(self, client: redis.Redis) -> None:
        """Show the version that scored the newest window."""
        found: Any = client.xrevrange(DETECTIONS_STREAM, count=1)
        for _, fields in found:
            try:
                newest = Detection.decode(fields.get(BODY, b""))
            except MessageError:
                return
            if newest.tombstone is None:
                self._model = f"{newest.model} {newest.model_version}"

    def _view(self, records: Mapping[str, MicRecord], rooms: Mapping[str, RoomRecord]) -> HouseView:
        now_seconds = time.monotonic()
        views = room_views(
            self._mics,
            records,
            rooms,
            self._history.rooms,
            names=self._names,
            now_seconds=now_seconds,
            is_starting=self._is_starting(),
        )
        return HouseView(
            rooms=views,
            now_seconds=time.time(),
            model=self._model,
            receivers=self._receivers,
            notices_waiting=self._notices_waiting,
            faults=self._faults.lines(now_seconds),
        )

    def _have_ended(self, records: Mapping[str, MicRecord], rooms: Mapping[str, RoomRecord]) -> bool:
        have_recorders_ended = all(recorder.status == 0 for recorder in self._pipeline.recorders.values())
        return have_recorders_ended and all(_has_ended(rooms.get(mic), records.get(mic)) for mic in self._mics)


def _has_ended(room: RoomRecord | None, record: MicRecord | None) -> bool:
    # After Redis was wiped, the record of an ended recorder is missing, but the record of its room is there.
    return room is not None and room.has_ended(record.session if record else room.session)
