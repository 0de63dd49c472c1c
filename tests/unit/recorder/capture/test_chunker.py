"""Blocks of any length become chunks of one length."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tears.kit.messages import AudioChunk
from tears.recorder.capture.chunker import Chunker
from tears.recorder.capture.source import Block


def chunker(rate_hz: int = 8_000, channels: int = 1, chunk_seconds: float = 1.0) -> Chunker:
    return Chunker(mic="nursery", session="s", sample_rate_hz=rate_hz, channels=channels, chunk_seconds=chunk_seconds)


def ramp(samples: int, channels: int = 1) -> Block:
    return np.arange(samples * channels, dtype=np.int16).reshape(samples, channels)


def test_there_is_no_chunk_before_all_of_its_sound_has_come() -> None:
    cutter = chunker()

    assert cutter.add(ramp(7_999), 100.0) == []
    assert [chunk.samples for chunk in cutter.add(ramp(1), 100.0)] == [8_000]


def test_a_chunk_names_its_microphone_its_place_and_its_format() -> None:
    cutter = chunker(rate_hz=16_000, channels=2)
    first, second = cutter.add(ramp(32_000, 2), 100.0)

    assert second == AudioChunk(
        mic="nursery",
        session="s",
        first_sample=16_000,
        sample_rate_hz=16_000,
        channels=2,
        pcm=ramp(32_000, 2)[16_000:].astype("<i2").tobytes(),
        captured_at_seconds=100.0,
    )
    assert first.first_sample == 0


def test_a_chunk_is_stamped_with_the_time_of_its_own_last_sample() -> None:
    stamps = [chunk.captured_at_seconds for chunk in chunker().add(ramp(20_000), 100.0)]

    assert stamps == [pytest.approx(98.5), pytest.approx(99.5)]


def test_the_last_chunk_holds_the_rest_and_ends_the_session() -> None:
    cutter = chunker()
    cutter.add(ramp(8_100), 100.0)

    last = cutter.finish(101.0)

    assert (last.first_sample, last.samples, last.ends_session) == (8_000, 100, True)
    assert AudioChunk.decode(last.encode()) == last


def test_the_last_chunk_is_empty_if_nothing_is_left() -> None:
    cutter = chunker()
    cutter.add(ramp(8_000), 100.0)

    last = cutter.finish(101.0)

    assert (last.first_sample, last.pcm, last.ends_session) == (8_000, b"", True)
    assert AudioChunk.decode(last.encode()) == last


def test_a_block_may_be_overwritten_after_it_was_added() -> None:
    cutter = chunker()
    block = ramp(4_000)
    cutter.add(block, 100.0)
    block[:] = 0

    [chunk] = cutter.add(ramp(4_000), 100.0)

    assert chunk.pcm == ramp(4_000).tobytes() * 2


@given(
    blocks=st.lists(st.integers(0, 500), max_size=30),
    channels=st.integers(1, 4),
    chunk_seconds=st.sampled_from([0.1, 0.5, 1.0]),
)
def test_chunks_put_together_are_the_blocks_put_together(
    blocks: list[int], channels: int, chunk_seconds: float
) -> None:
    cutter = chunker(rate_hz=100, channels=channels, chunk_seconds=chunk_seconds)
    sound = ramp(sum(blocks), channels)
    chunks = []
    at = 0
    for samples in blocks:
        chunks += cutter.add(sound[at : at + samples], 100.0)
        at += samples
    chunks.append(cutter.finish(100.0))

    assert b"".join(chunk.pcm for chunk in chunks) == sound.tobytes()
    assert [chunk.first_sample for chunk in chunks] == [0, *(chunk.end_sample for chunk in chunks[:-1])]
    assert [chunk.ends_session for chunk in chunks] == [False] * (len(chunks) - 1) + [True]
    assert {chunk.samples for chunk in chunks[:-1]} <= {round(chunk_seconds * 100)}


def test_a_gap_ends_the_chunk_before_it_and_moves_the_next_one() -> None:
    cutter = chunker()
    cutter.add(ramp(100), 100.0)

    before = cutter.skip(50, 100.0)
    after = cutter.add(ramp(8_000), 101.0)

    assert [(chunk.first_sample, chunk.samples, chunk.ends_session) for chunk in before] == [(0, 100, False)]
    assert [(chunk.first_sample, chunk.samples) for chunk in after] == [(150, 8_000)]


def test_a_gap_with_nothing_before_it_makes_no_chunk() -> None:
    cutter = chunker()

    assert cutter.skip(50, 100.0) == []
    assert cutter.finish(100.0).first_sample == 50
