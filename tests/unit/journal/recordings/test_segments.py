import dataclasses
import itertools
from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from support.sound.chunks import WALL_SECONDS, chunk, known_noise

from tears.journal.recordings.file_names import session_label
from tears.journal.recordings.segments import SEGMENT_MOST_BYTES, RecordedSegment, Segmenter
from tears.kit.messages import AudioChunk

RATE_HZ = 100
SEGMENT_SECONDS = 0.5
SEGMENT_SAMPLES = 50


def sound(first: int, samples: int, session: str, channels: int = 1) -> AudioChunk:
    """Return sound in which each sample is different: its value is its position."""
    frames = np.arange(first, first + samples, dtype=np.int16).repeat(channels)
    return chunk(frames, first, session=session, rate_hz=RATE_HZ, channels=channels)


@st.composite
def streams(draw: st.DrawFn) -> list[AudioChunk]:
    """Draw a stream: sessions of chunks of any length, with gaps, repeats and overlaps, some of them ended."""
    chunks: list[AudioChunk] = []
    for session in draw(st.lists(st.sampled_from(["a", "b", "c/d"]), min_size=1, max_size=3, unique=True)):
        at = draw(st.integers(0, 40))
        for _ in range(draw(st.integers(1, 8))):
            at = max(0, at + draw(st.sampled_from([0, 0, 0, 0, 7, 200, -10, -500])))
            one = sound(at, draw(st.integers(0, 130)), session, draw(st.sampled_from([1, 1, 1, 2])))
            chunks.append(dataclasses.replace(one, ends_session=not one.pcm or draw(st.integers(0, 5)) == 0))
            at = one.end_sample
    return chunks


def fed(chunks: Sequence[AudioChunk], reached: Mapping[str, int] | None = None) -> list[RecordedSegment]:
    segmenter = Segmenter("nursery", SEGMENT_SECONDS, reached or {})
    return [segment for one in chunks for segment in segmenter.add(one)] + segmenter.flush()


def positions(segments: Sequence[RecordedSegment]) -> dict[str, list[int]]:
    """Return for each session the samples of all its segments joined, in order."""
    found: dict[str, list[int]] = defaultdict(list)
    for segment in segments:
        frames = np.frombuffer(segment.pcm, "<i2").reshape(-1, segment.channels)
        assert (frames == frames[:, :1]).all()
        found[segment.session] += frames[:, 0].tolist()
    return found


def accepted(chunks: Sequence[AudioChunk]) -> dict[str, list[int]]:
    """Return for each session what must be recorded: every sample with a higher number than all before it."""
    found: dict[str, list[int]] = defaultdict(list)
    for one in chunks:
        reached = found[one.session][-1] + 1 if found[one.session] else 0
        found[one.session] += range(max(one.first_sample, reached), one.end_sample)
    return {session: samples for session, samples in found.items() if samples}


@given(streams())
def test_the_files_together_hold_each_accepted_sample_once_and_in_order(chunks: list[AudioChunk]) -> None:
    assert positions(fed(chunks)) == accepted(chunks)


@given(streams())
def test_a_file_has_no_gap_and_is_not_longer_than_the_setting(chunks: list[AudioChunk]) -> None:
    for segment in fed(chunks):
        (samples,) = positions([segment]).values()
        assert samples == list(range(segment.first_sample, segment.end_sample))
        assert 0 < segment.samples <= SEGMENT_SAMPLES


@given(streams())
def test_a_file_is_short_only_where_the_sound_stops(chunks: list[AudioChunk]) -> None:
    segments = fed(chunks)
    breaks = {one.session for one in chunks if one.ends_session}
    for one, after in itertools.pairwise(segments):
        if one.samples < SEGMENT_SAMPLES and one.session not in breaks:
            goes_on = (one.session, one.end_sample, one.channels)
            assert goes_on != (after.session, after.first_sample, after.channels)


@given(streams(), st.integers(0, 30))
def test_after_a_death_the_next_process_continues_after_the_last_file(chunks: list[AudioChunk], written: int) -> None:
    """The process is killed after any number of files, and finds the whole stream in Redis again."""
    files = fed(chunks)[:written]
    reached: dict[str, int] = {}
    for segment in files:
        reached[session_label(segment.session)] = segment.end_sample
    # Only the last sample of each session is known. If a stream goes back within a session, reading continues there.
    assert positions(files + fed(chunks, reached)) == accepted(chunks)


@given(streams())
def test_a_stream_that_comes_twice_is_recorded_once(chunks: list[AudioChunk]) -> None:
    segmenter = Segmenter("nursery", SEGMENT_SECONDS, {})
    segments = [segment for one in (*chunks, *chunks) for segment in segmenter.add(one)] + segmenter.flush()
    assert positions(segments) == accepted(chunks)


@given(streams())
def test_accepted_and_missing_seconds_add_up_to_each_session(chunks: list[AudioChunk]) -> None:
    segmenter = Segmenter("nursery", SEGMENT_SECONDS, {})
    for one in chunks:
        segmenter.add(one)
    recorded = accepted(chunks)
    assert round(segmenter.accepted_seconds * RATE_HZ) == sum(map(len, recorded.values()))
    way = sum(samples[-1] + 1 for samples in recorded.values())
    # The first session may have run for long before its first chunk here.
    way -= next(iter(recorded.values()))[0] if recorded else 0
    gaps = way - sum(map(len, recorded.values()))
    assert round(segmenter.missing_seconds * RATE_HZ) == gaps


def test_the_end_of_a_session_closes_its_file_at_once() -> None:
    segmenter = Segmenter("nursery", SEGMENT_SECONDS, {})
    assert segmenter.add(sound(0, 20, "a")) == []
    (segment,) = segmenter.add(dataclasses.replace(sound(20, 0, "a"), ends_session=True))
    assert (segment.first_sample, segment.end_sample) == (0, 20)
    assert segmenter.open_seconds == 0


def test_an_end_of_session_that_comes_twice_does_not_cut_the_next_session() -> None:
    segmenter = Segmenter("nursery", SEGMENT_SECONDS, {"a": 20})
    segmenter.add(sound(0, 20, "b"))
    assert segmenter.add(dataclasses.replace(sound(0, 20, "a"), ends_session=True)) == []
    assert segmenter.open_seconds == 0.2


def test_a_new_session_begins_a_file() -> None:
    segmenter = Segmenter("nursery", SEGMENT_SECONDS, {})
    segmenter.add(sound(0, 20, "a"))
    (segment,) = segmenter.add(sound(0, 20, "b"))
    assert segment.session == "a"


def test_a_new_session_begins_a_file_even_if_its_sample_numbers_continue() -> None:
    segmenter = Segmenter("nursery", SEGMENT_SECONDS, {})
    segmenter.add(sound(0, 20, "a"))
    (segment,) = segmenter.add(sound(20, 20, "b"))
    assert (segment.session, segment.end_sample) == ("a", 20)


def test_a_new_rate_begins_a_file() -> None:
    segmenter = Segmenter("nursery", SEGMENT_SECONDS, {})
    segmenter.add(sound(0, 20, "a"))
    (segment,) = segmenter.add(dataclasses.replace(sound(20, 20, "a"), sample_rate_hz=200))
    assert (segment.sample_rate_hz, segment.samples) == (100, 20)


def test_one_long_chunk_fills_several_files_dated_by_their_own_first_samples() -> None:
    segmenter = Segmenter("nursery", SEGMENT_SECONDS, {})
    closed = segmenter.add(sound(0, 120, "a"))
    assert [(one.first_sample, one.end_sample) for one in closed] == [(0, 50), (50, 100)]
    assert [one.begins_at_seconds - WALL_SECONDS for one in closed] == [0.0, 0.5]
    assert segmenter.open_seconds == 0.2


def test_a_session_that_began_before_the_recording_misses_nothing() -> None:
    segmenter = Segmenter("nursery", SEGMENT_SECONDS, {})
    segmenter.add(sound(1_000, 20, "a"))
    assert segmenter.missing_seconds == 0


def test_sound_that_was_not_recorded_between_two_processes_is_missing() -> None:
    segmenter = Segmenter("nursery", SEGMENT_SECONDS, {"a": 900})
    segmenter.add(sound(1_000, 20, "a"))
    assert segmenter.missing_seconds == 1.0


def test_sound_that_flac_cannot_hold_is_counted_and_closes_the_file() -> None:
    segmenter = Segmenter("nursery", SEGMENT_SECONDS, {})
    segmenter.add(sound(0, 20, "a"))
    (segment,) = segmenter.add(sound(20, 10, "a", channels=9))
    assert segment.samples == 20
    assert segmenter.flush() == []
    assert segmenter.unstorable_seconds == 0.1
    assert segmenter.accepted_seconds == 0.2


def test_a_new_file_begins_before_one_takes_too_much_memory() -> None:
    segmenter = Segmenter("nursery", 300, {})
    rate_hz = 384_000
    closed = []
    for second in range(8):
        one = chunk(known_noise(8 * rate_hz), second * rate_hz, rate_hz=rate_hz, channels=8)
        closed += segmenter.add(one)
    assert closed
    for segment in closed:
        assert len(segment.pcm) <= SEGMENT_MOST_BYTES
