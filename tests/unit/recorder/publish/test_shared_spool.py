"""The spool between two threads: its waits, and the error at its end."""

import threading

import pytest

from tears.kit.clock import ManualClock
from tears.kit.messages import AudioChunk
from tears.recorder.errors import RecorderError
from tears.recorder.publish.shared_spool import SharedSpool


def chunk(first_sample: int) -> AudioChunk:
    return AudioChunk(
        mic="nursery",
        session="s",
        first_sample=first_sample,
        sample_rate_hz=10,
        channels=1,
        pcm=bytes(20),
        captured_at_seconds=0.0,
    )


class WaitedSpool:
    """A spool of 3 s whose clock shows whether a thread had to wait."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.shared = SharedSpool(max_seconds=3.0, max_bytes=1_000, clock=self.clock)
        self.shared.begin_session(sample_rate_hz=10)

    def waited_for_more(self) -> bool:
        before_seconds = self.clock.monotonic_seconds()
        self.shared.wait_for_more(5.0)
        return self.clock.monotonic_seconds() > before_seconds


def test_the_publisher_waits_only_while_there_is_nothing_to_send() -> None:
    spool = WaitedSpool()
    assert spool.waited_for_more()

    spool.shared.put(chunk(0))
    assert not spool.waited_for_more()

    with spool.shared.locked() as locked:
        sent = locked.next()
        assert sent is not None
        locked.sent(sent)
    assert spool.waited_for_more()

    with spool.shared.locked() as locked:
        locked.rewind()
    assert not spool.waited_for_more()


def test_nobody_waits_for_a_spool_that_is_closed() -> None:
    spool = WaitedSpool()
    spool.shared.close()

    assert spool.shared.is_closed
    assert not spool.waited_for_more()
    spool.shared.raise_error()  # there is none


def test_the_limit_in_seconds_follows_the_sample_rate() -> None:
    spool = WaitedSpool()
    assert [spool.shared.put(chunk(10 * number)) for number in range(5)] == [0, 0, 0, 10, 10]
    assert spool.shared.unsent_seconds() == 3.0


def test_a_stop_ends_the_wait_until_all_chunks_are_sent() -> None:
    spool = WaitedSpool()
    stop = threading.Event()
    stop.set()
    spool.shared.put(chunk(0))

    spool.shared.wait_until_sent(stop)

    assert spool.shared.unsent_seconds() == 1.0


def test_the_publisher_gets_the_error_of_the_capture() -> None:
    spool = WaitedSpool()
    spool.shared.close(RecorderError("the wire is cut"))

    with pytest.raises(RecorderError, match="the wire is cut"):
        spool.shared.raise_error()


def test_nobody_waits_for_chunks_to_be_sent_that_the_stream_already_holds() -> None:
    spool = WaitedSpool()
    spool.shared.put(chunk(0))
    with spool.shared.locked() as locked:
        locked.resume_after("s", 30)
    before_seconds = spool.clock.monotonic_seconds()

    for first_sample in (10, 20):
        spool.shared.wait_until_sent(threading.Event())
        spool.shared.put(chunk(first_sample))
    spool.shared.wait_until_sent(threading.Event())

    assert spool.clock.monotonic_seconds() == before_seconds
