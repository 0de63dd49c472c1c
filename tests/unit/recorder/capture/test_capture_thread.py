"""The thread that captures, and the spool between it and the thread that publishes."""

import threading
from collections.abc import Generator, Iterator

import numpy as np
import pytest
from prometheus_client import CollectorRegistry
from support.waiting import wait_until

from tears.kit.clock import SystemClock
from tears.kit.health import Health
from tears.kit.messages import AudioChunk
from tears.kit.registry.mics import MicRecord
from tears.recorder.capture.capture_thread import CaptureThread
from tears.recorder.capture.mic_supervisor import MicSupervisor
from tears.recorder.capture.source import Block, OneSession
from tears.recorder.errors import RecorderError
from tears.recorder.metrics import RecorderMetrics
from tears.recorder.publish.registration import Registration
from tears.recorder.publish.shared_spool import SharedSpool

RATE_HZ = 10


class Sounds:
    """A source of blocks of 1 s, live or not. It breaks off with `error` if there is one."""

    description = "sounds"
    sample_rate_hz = RATE_HZ
    channels = 1
    fault = ""
    lost_samples = 0
    overflows = 0

    def __init__(self, blocks: int, *, is_live: bool, error: Exception | None = None) -> None:
        self._blocks = blocks
        self.is_live = is_live
        self._error = error
        self.is_closed = False

    def blocks(self) -> Iterator[Block]:
        for _ in range(self._blocks):
            yield np.zeros((RATE_HZ, 1), np.int16)
        if self._error:
            raise self._error

    def close(self) -> None:
        self.is_closed = True


class BreakingMic:
    """Each session breaks off after some blocks; the last one is stopped."""

    description = "mic"
    is_live = True

    def __init__(self, *blocks: int) -> None:
        self._blocks = blocks

    def sessions(self) -> Generator[Sounds, None, None]:
        for count in self._blocks:
            yield Sounds(count, is_live=True)


class LosingSounds(Sounds):
    """Loses 7 samples before its second block."""

    def blocks(self) -> Iterator[Block]:
        for at, block in enumerate(super().blocks()):
            self.lost_samples, self.overflows = (7, 1) if at == 1 else (0, 0)
            yield block[: 6 if at == 0 else RATE_HZ]


class CapturedRoom:
    """A capture thread with everything around it. The spool holds 30 s."""

    def __init__(self, listener: Sounds | BreakingMic) -> None:
        self.stop = threading.Event()
        self.registry = CollectorRegistry()
        self.spool = SharedSpool(max_seconds=30.0, max_bytes=100_000, clock=SystemClock())
        record = MicRecord(mic="nursery", sample_rate_hz=0, channels=0, device="", session="s", heartbeat_seconds=0)
        self.registration = Registration(record)
        metrics = RecorderMetrics("nursery", self.registry)
        metrics.spool_seconds.set_function(self.spool.unsent_seconds)
        supervisor = MicSupervisor(self.registration, metrics, Health(SystemClock()), SystemClock())
        self.capture = CaptureThread(
            listener=listener
            if isinstance(listener, BreakingMic)
            else OneSession(listener, is_live=listener.is_live, close=listener.close),
            chunk_seconds=1.0,
            spool=self.spool,
            registration=self.registration,
            supervisor=supervisor if isinstance(listener, BreakingMic) else None,
            metrics=metrics,
            clock=SystemClock(),
            stop=self.stop,
        )

    def metric(self, name: str) -> float | None:
        return self.registry.get_sample_value(f"tears_recorder_{name}", {"mic": "nursery"})


def send_all(shared: SharedSpool) -> list[AudioChunk]:
    """Send all chunks that wait; return them."""
    chunks = []
    with shared.locked() as spool:
        while (chunk := spool.next()) is not None:
            chunks.append(chunk)
            spool.sent(chunk)
    return chunks


def first_samples(shared: SharedSpool) -> list[int]:
    """Send all chunks that wait; return where they begin."""
    return [chunk.first_sample for chunk in send_all(shared)]


def unsent_samples(shared: SharedSpool) -> int:
    with shared.locked() as spool:
        return spool.unsent_samples


def test_a_live_source_never_waits_and_samples_that_do_not_fit_are_dropped_and_counted() -> None:
    room = CapturedRoom(Sounds(100, is_live=True))

    room.capture.run()  # nobody publishes, and it returns nevertheless

    assert room.spool.is_closed
    assert first_samples(room.spool) == list(range(700, 1_001, 10))
    assert room.metric("dropped_samples_total") == 700


def test_a_recording_waits_until_each_chunk_was_sent_and_nothing_is_dropped() -> None:
    room = CapturedRoom(Sounds(100, is_live=False))
    room.capture.start()

    assert wait_until(lambda: unsent_samples(room.spool)) == RATE_HZ
    firsts: list[int] = []

    def take_all() -> bool:
        firsts.extend(first_samples(room.spool))
        return room.spool.is_closed

    wait_until(take_all)
    room.capture.join(10)

    assert firsts + first_samples(room.spool) == list(range(0, 1_001, 10))
    assert room.metric("dropped_samples_total") == 0


@pytest.mark.parametrize("is_live", [True, False])
def test_a_stop_ends_the_session_and_does_not_wait_for_redis(*, is_live: bool) -> None:
    source = Sounds(100, is_live=is_live)
    room = CapturedRoom(source)
    room.stop.set()

    room.capture.run()

    assert source.is_closed
    chunks = send_all(room.spool)
    assert [(chunk.first_sample, chunk.ends_session) for chunk in chunks] == [(0, False), (10, True)]


def test_a_stop_ends_the_wait_of_a_recording() -> None:
    room = CapturedRoom(Sounds(100, is_live=False))
    room.capture.start()
    wait_until(lambda: unsent_samples(room.spool))

    room.stop.set()
    room.capture.join(10)

    assert not room.capture.is_alive()
    assert room.spool.is_closed


def test_a_source_that_breaks_off_ends_the_session_and_its_error_reaches_the_publisher() -> None:
    error = RuntimeError("the wire is cut")
    source = Sounds(2, is_live=True, error=error)
    room = CapturedRoom(source)

    room.capture.run()

    assert source.is_closed
    assert first_samples(room.spool) == [0, 10, 20]
    with pytest.raises(RecorderError, match="the sound of sounds has broken off: the wire is cut") as raised:
        room.spool.raise_error()
    assert raised.value.__cause__ is error


def test_a_source_that_ends_too_early_is_counted_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    source = Sounds(2, is_live=True)
    source.fault = "lacks its last page"
    room = CapturedRoom(source)

    room.capture.run()

    assert room.metric("faulty_sources_total") == 1
    assert "sounds lacks its last page; it was played up to there" in caplog.text


def test_the_spool_gauge_shows_the_sound_that_waits() -> None:
    room = CapturedRoom(Sounds(5, is_live=True))
    room.capture.run()

    assert room.metric("spool_seconds") == 5.0


def test_the_registration_describes_the_sound_and_keeps_the_name_of_the_first_session() -> None:
    room = CapturedRoom(Sounds(1, is_live=True))
    room.capture.run()

    record = room.registration.record
    assert (record.session, record.device, record.sample_rate_hz, record.channels) == ("s", "sounds", RATE_HZ, 1)


def test_a_session_that_breaks_off_does_not_end_and_the_last_one_does() -> None:
    room = CapturedRoom(BreakingMic(2, 1, 3))
    room.capture.run()

    chunks = send_all(room.spool)
    first, second, third = dict.fromkeys(chunk.session for chunk in chunks)
    assert [(chunk.session, chunk.first_sample, chunk.ends_session) for chunk in chunks] == [
        (first, 0, False),
        (first, 10, False),
        (second, 0, False),
        (third, 0, False),
        (third, 10, False),
        (third, 20, False),
        (third, 30, True),
    ]
    assert first == "s"
    assert room.registration.record.session == third
    assert room.metric("sessions_total") == 3


def test_lost_samples_are_a_gap_in_the_session() -> None:
    room = CapturedRoom(LosingSounds(2, is_live=True))
    room.capture.run()

    chunks = send_all(room.spool)
    assert [(chunk.first_sample, chunk.samples) for chunk in chunks] == [(0, 6), (13, 10), (23, 0)]
