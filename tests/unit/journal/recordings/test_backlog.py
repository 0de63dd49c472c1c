from hypothesis import given
from hypothesis import strategies as st

from tears.journal.recordings.backlog import Backlog
from tears.journal.recordings.segments import RecordedSegment


def segment(number: int, size_bytes: int = 100) -> RecordedSegment:
    return RecordedSegment(
        mic="nursery",
        session="s1",
        first_sample=number,
        sample_rate_hz=50,
        channels=1,
        pcm=bytes(size_bytes),
        begins_at_seconds=0.0,
    )


def test_segments_come_out_in_the_order_they_went_in() -> None:
    backlog = Backlog()
    for number in range(3):
        backlog.add(segment(number))
    assert backlog.seconds == 3.0
    found = []
    while backlog:
        assert backlog.oldest() is backlog.oldest()
        found.append(backlog.pop().first_sample)
    assert found == [0, 1, 2]


@given(st.lists(st.integers(2, 600).map(lambda half: half // 2 * 2), min_size=1, max_size=40))
def test_when_it_is_full_the_oldest_segments_are_dropped_and_returned(sizes: list[int]) -> None:
    backlog = Backlog(most_bytes=1_000)
    dropped = [one for at, size in enumerate(sizes) for one in backlog.add(segment(at, size))]
    waiting = []
    while backlog:
        waiting.append(backlog.pop())
    assert [one.first_sample for one in (*dropped, *waiting)] == list(range(len(sizes)))
    assert sum(len(one.pcm) for one in waiting) <= 1_000


def test_the_newest_segment_stays_even_if_it_is_too_large() -> None:
    backlog = Backlog(most_bytes=10)
    assert backlog.add(segment(0)) == []
    assert [one.first_sample for one in backlog.add(segment(1))] == [0]
    assert backlog.oldest().first_sample == 1
