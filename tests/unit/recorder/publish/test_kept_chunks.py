import pytest
from hypothesis import given
from hypothesis import strategies as st

from tears.recorder.publish.kept_chunks import GROW_BELOW_SHARE, SHORTEN_ABOVE_SHARE, KeptChunks

MOST, FEWEST = 120, 9


def test_all_are_kept_while_there_is_memory() -> None:
    chunks = KeptChunks(most=MOST, fewest=FEWEST)
    chunks.note_memory(SHORTEN_ABOVE_SHARE)
    assert (chunks.kept, chunks.is_shortened) == (MOST, False)


def test_a_stream_gets_shorter_step_by_step_and_keeps_what_windows_look_back_on() -> None:
    chunks = KeptChunks(most=MOST, fewest=FEWEST)
    steps = []
    for _ in range(6):
        chunks.note_memory(0.9)
        steps.append(chunks.kept)
    assert steps == [60, 30, 15, 9, 9, 9]


def test_it_stays_as_it_is_while_memory_is_neither_short_nor_plenty() -> None:
    chunks = KeptChunks(most=MOST, fewest=FEWEST)
    chunks.note_memory(0.9)
    chunks.note_memory((SHORTEN_ABOVE_SHARE + GROW_BELOW_SHARE) / 2)
    assert (chunks.kept, chunks.is_shortened) == (60, True)


def test_it_grows_again_to_its_whole_length_when_there_is_memory() -> None:
    chunks = KeptChunks(most=MOST, fewest=FEWEST)
    chunks.note_full()
    assert chunks.kept == FEWEST
    for _ in range(20):
        chunks.note_memory(0.2)
    assert (chunks.kept, chunks.is_shortened) == (MOST, False)


@pytest.mark.parametrize(("most", "fewest"), [(5, 9), (1, 1)])
def test_a_short_stream_is_never_made_longer(most: int, fewest: int) -> None:
    chunks = KeptChunks(most=most, fewest=fewest)
    chunks.note_full()
    assert chunks.kept == most


@given(shares=st.lists(st.floats(0.0, 1.2)))
def test_it_stays_within_its_bounds(shares: list[float]) -> None:
    chunks = KeptChunks(most=MOST, fewest=FEWEST)
    for share in shares:
        chunks.note_memory(share)
        assert FEWEST <= chunks.kept <= MOST
