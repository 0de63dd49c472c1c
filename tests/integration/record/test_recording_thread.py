"""Recordings as a part of the journal, which does without them if they fail."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from integration.record.record_command import DEADLINE_SECONDS, ChunkWriter
from prometheus_client import CollectorRegistry
from support.waiting import wait_until

from tears.journal.metrics import JournalMetrics
from tears.journal.recordings.recording_thread import NOT_RECORDED, RecordingThread
from tears.journal.recordings.settings import RecordingSettings
from tears.kit.clock import SystemClock


@pytest.fixture
def stop() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def thread_into(out: Path, redis_url: str, stop: threading.Event) -> RecordingThread:
    settings = RecordingSettings(redis_url=redis_url, folder=str(out), segment_seconds=2, leave_gib=0)
    return RecordingThread(settings, JournalMetrics(CollectorRegistry()), SystemClock(), stop)


def test_what_is_in_memory_is_written_when_the_thread_stops(
    redis_url: str, writer: ChunkWriter, out: Path, stop: threading.Event
) -> None:
    thread = thread_into(out, redis_url, stop)
    writer.write(0, 3)
    thread.start()
    wait_until(lambda: writer.seconds_in(out) == 2, DEADLINE_SECONDS, describe="the first file")
    stop.set()
    thread.join()
    assert writer.recorded(out) == [(0, 2), (2, 3)]
    assert thread.fault == ""


def test_a_folder_that_cannot_be_made_is_a_fault_in_words_and_ends_nothing(
    redis_url: str, tmp_path: Path, stop: threading.Event
) -> None:
    (tmp_path / "file").write_text("")
    thread = thread_into(tmp_path / "file" / "out", redis_url, stop)
    thread.start()
    wait_until(lambda: thread.fault == NOT_RECORDED, DEADLINE_SECONDS, describe="the fault")
    stop.set()
    thread.join()
