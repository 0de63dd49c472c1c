"""The chunks that the spool keeps, returns and drops."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tears.kit.messages import AudioChunk
from tears.recorder.publish.spool import Spool


def chunk(first_sample: int, samples: int = 10, *, ends_session: bool = False, session: str = "s") -> AudioChunk:
    return AudioChunk(
        mic="nursery",
        session=session,
        first_sample=first_sample,
        sample_rate_hz=10,
        channels=1,
        pcm=bytes(2 * samples),
        captured_at_seconds=0.0,
        ends_session=ends_session,
    )


def spool_of(chunks: int, *, max_samples: int = 1_000, max_bytes: int = 100_000) -> Spool:
    spool = Spool(max_samples=max_samples, max_bytes=max_bytes)
    for at in range(chunks):
        spool.append(chunk(10 * at))
    return spool


def send(spool: Spool, count: int) -> list[int]:
    """Send `count` chunks; return where they begin."""
    firsts = []
    for _ in range(count):
        one = spool.next()
        assert one is not None
        firsts.append(one.first_sample)
        spool.sent(one)
    return firsts


def test_chunks_are_returned_in_order_and_once() -> None:
    spool = spool_of(3)

    assert send(spool, 3) == [0, 10, 20]
    assert spool.next() is None


def test_a_chunk_is_returned_again_until_it_was_sent() -> None:
    spool = spool_of(2)

    assert spool.next() is spool.next()


def test_the_empty_chunk_at_the_end_is_returned_too() -> None:
    spool = spool_of(1)
    spool.append(chunk(10, 0, ends_session=True))
    send(spool, 1)

    last = spool.next()

    assert last is not None
    assert last.ends_session
    spool.sent(last)
    assert spool.next() is None


def test_it_resumes_after_the_last_chunk_of_the_stream() -> None:
    spool = spool_of(5)
    send(spool, 4)

    spool.resume_after("s", 20)

    assert send(spool, 3) == [20, 30, 40]


def test_a_chunk_that_arrived_without_an_answer_is_not_sent_again() -> None:
    spool = spool_of(3)
    spool.next()

    spool.resume_after("s", 10)

    assert send(spool, 2) == [10, 20]


def test_the_end_of_the_session_is_sent_even_if_no_sample_is_missing() -> None:
    spool = spool_of(1)
    spool.append(chunk(10, 0, ends_session=True))

    spool.resume_after("s", 10, ended=False)
    assert spool.next() is not None

    spool.resume_after("s", 10, ended=True)
    assert spool.next() is None


def test_resuming_after_an_unknown_session_sends_all_that_is_kept() -> None:
    spool = spool_of(3)
    send(spool, 3)

    spool.resume_after("other", 10)

    assert send(spool, 3) == [0, 10, 20]


def test_rewinding_sends_all_that_is_kept_and_marks_repeats() -> None:
    spool = spool_of(2)
    send(spool, 1)

    spool.rewind()

    repeats = []
    while (one := spool.next()) is not None:
        repeats.append(spool.sent(one))
    assert repeats == [True, False]


def test_sent_chunks_are_dropped_first_and_are_not_counted() -> None:
    spool = spool_of(3, max_samples=30)
    send(spool, 2)

    assert spool.append(chunk(30)) == 0
    assert spool.append(chunk(40)) == 0
    assert send(spool, 3) == [20, 30, 40]


def test_a_full_spool_drops_the_oldest_unsent_and_counts_its_samples() -> None:
    spool = spool_of(3, max_samples=30)

    assert spool.append(chunk(30)) == 10
    assert send(spool, 3) == [10, 20, 30]


def test_the_chunk_in_hand_is_not_dropped_because_it_may_have_arrived() -> None:
    spool = spool_of(3, max_samples=30)
    in_hand = spool.next()

    assert spool.append(chunk(30)) == 10

    assert spool.next() is in_hand
    assert send(spool, 3) == [0, 20, 30]


def test_bytes_limit_it_as_seconds_do() -> None:
    spool = spool_of(3, max_bytes=60)

    assert spool.append(chunk(30)) == 10
    assert spool.kept_bytes == 60


def test_the_newest_chunk_is_kept_however_large() -> None:
    spool = Spool(max_samples=5, max_bytes=5)

    assert spool.append(chunk(0)) == 0
    assert send(spool, 1) == [0]


def test_it_knows_how_much_waits() -> None:
    spool = spool_of(5)
    send(spool, 2)

    assert spool.unsent_samples == 30


@dataclass
class Network:
    """A stream behind a connection that breaks, and what a publisher knows about it."""

    spool: Spool
    stream: list[AudioChunk] = field(default_factory=list)
    ever_accepted: set[tuple[str, int]] = field(default_factory=set)
    in_doubt: bool = False
    has_lost: bool = False
    dropped_samples: int = 0
    appended: list[AudioChunk] = field(default_factory=list)

    def capture(self, samples: int, *, ends_session: bool = False, breaks: bool = False) -> None:
        last = self.appended[-1] if self.appended else chunk(0, 0, session="s0")
        number = int(last.session[1:]) + breaks
        first_sample = 0 if breaks else last.end_sample
        self.appended.append(chunk(first_sample, samples, ends_session=ends_session, session=f"s{number}"))
        self.dropped_samples += self.spool.append(self.appended[-1])

    def publish(self, outcome: str) -> None:
        """Publish with an outcome: `ok`, `lost` (fails before it arrives) or `unanswered` (fails after that)."""
        if self.in_doubt:
            if self.stream:
                last = self.stream[-1]
                self.spool.resume_after(last.session, last.end_sample, ended=last.ends_session)
            else:
                self.spool.rewind()
            self.in_doubt = False
        one = self.spool.next()
        if one is None:
            return
        if outcome in {"ok", "unanswered"}:
            self.stream.append(one)
            self.ever_accepted.add((one.session, one.first_sample))
        if outcome == "ok":
            self.spool.sent(one)
        else:
            self.in_doubt = True

    def lose(self, chunks: int) -> None:
        """Let the stream lose its newest chunks, as if it was restored from an older copy."""
        if self.stream and chunks:
            del self.stream[-chunks:]
            self.in_doubt = self.has_lost = True


EVENTS = st.one_of(
    st.tuples(st.just("capture"), st.integers(1, 20)),
    st.tuples(st.just("break"), st.integers(1, 20)),
    st.tuples(st.just("publish"), st.sampled_from(["ok", "ok", "ok", "lost", "unanswered"])),
    st.tuples(st.just("lose"), st.sampled_from([1, 3, 1_000])),
)


@given(events=st.lists(EVENTS, max_size=60), max_samples=st.sampled_from([15, 50, 10_000]))
def test_whatever_fails_the_stream_is_in_order_without_repeats_and_lacks_only_what_was_dropped(
    events: list[tuple[str, int | str]], max_samples: int
) -> None:
    network = Network(Spool(max_samples=max_samples, max_bytes=100_000))
    for event, argument in events:
        if event in {"capture", "break"}:
            assert isinstance(argument, int)
            network.capture(argument, breaks=event == "break")
        elif event == "publish":
            assert isinstance(argument, str)
            network.publish(argument)
        else:
            assert isinstance(argument, int)
            network.lose(argument)
    network.capture(0, ends_session=True)
    for _ in range(2 * len(network.appended)):
        network.publish("ok")

    places = [(int(one.session[1:]), one.end_sample, one.ends_session) for one in network.stream]
    assert places == sorted(set(places))
    assert network.stream[-1].ends_session
    never_accepted = sum(
        one.samples for one in network.appended if (one.session, one.first_sample) not in network.ever_accepted
    )
    if network.has_lost:
        # A chunk that arrived without an answer, was lost and is dropped after that counts as dropped.
        assert network.dropped_samples >= never_accepted
    else:
        assert network.dropped_samples == never_accepted
    if max_samples == 10_000:
        assert network.dropped_samples == 0
        assert network.stream == network.appended


@pytest.mark.parametrize("max_samples", [15, 50])
@given(blocks=st.lists(st.integers(1, 20), max_size=30))
def test_it_never_keeps_more_than_its_limit_except_the_newest_and_the_one_in_hand(
    max_samples: int, blocks: list[int]
) -> None:
    network = Network(Spool(max_samples=max_samples, max_bytes=100_000))
    for samples in blocks:
        network.publish("lost")
        network.capture(samples)
        assert network.spool.kept_bytes / 2 <= max(max_samples, 40)
