import contextlib
import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tears.kit.errors import MessageError
from tears.kit.messages import (
    AudioChunk,
    AudioWindow,
    Detection,
    Ending,
    Episode,
    EpisodeState,
    Tombstone,
    TombstoneReason,
    WindowHeader,
)
from tears.v1 import audio_pb2

CLOCK_TOLERANCE_SECONDS = 1e-6

examples = settings(max_examples=60, deadline=None)  # a loaded machine may be slow

NAMES = st.text(min_size=1, max_size=20)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
WALL_SECONDS = st.floats(min_value=-1e9, max_value=1e11)
COUNTS = st.integers(min_value=0, max_value=2**64 - 1)
HEADERS = st.builds(
    WindowHeader,
    mic=NAMES,
    session=NAMES,
    index=COUNTS,
    start_seconds=NUMBERS,
    end_seconds=NUMBERS,
    captured_at_seconds=WALL_SECONDS,
    level_dbfs=NUMBERS,
    gain_db=NUMBERS,
    clipped_samples=st.integers(min_value=0, max_value=2**32 - 1),
)
TOMBSTONES = st.builds(Tombstone, st.sampled_from(TombstoneReason), st.text(max_size=20))
SCORES = st.lists(
    st.tuples(st.text(max_size=10), st.floats(width=32, allow_nan=False, allow_infinity=False)), min_size=1, max_size=5
).map(tuple)


@st.composite
def chunks(draw: Callable[[Any], Any]) -> AudioChunk:
    channels = draw(st.integers(min_value=1, max_value=8))
    frames = draw(st.integers(min_value=0, max_value=20))
    return AudioChunk(
        mic=draw(NAMES),
        session=draw(NAMES),
        first_sample=draw(COUNTS),
        sample_rate_hz=draw(st.integers(min_value=1, max_value=2**32 - 1)),
        channels=channels,
        pcm=draw(st.binary(min_size=2 * channels * frames, max_size=2 * channels * frames)),
        captured_at_seconds=draw(WALL_SECONDS),
        ends_session=frames == 0 or draw(st.booleans()),
    )


def without_clock(message: Any) -> Any:
    if hasattr(message, "header"):
        return dataclasses.replace(message, header=dataclasses.replace(message.header, captured_at_seconds=0.0))
    return dataclasses.replace(message, captured_at_seconds=0.0)


def clock_of(message: Any) -> float:
    seconds: float = getattr(message, "header", message).captured_at_seconds
    return seconds


def check_round_trip(message: Any) -> None:
    again = type(message).decode(message.encode())
    assert without_clock(again) == without_clock(message)
    assert clock_of(again) == pytest.approx(clock_of(message), rel=1e-15, abs=CLOCK_TOLERANCE_SECONDS)


@examples
@given(chunks())
def test_chunks_come_back(chunk: AudioChunk) -> None:
    check_round_trip(chunk)
    assert chunk.end_sample - chunk.first_sample == len(chunk.pcm) // 2 // chunk.channels


@examples
@given(HEADERS, st.binary(max_size=50) | TOMBSTONES)
def test_windows_come_back(header: WindowHeader, content: bytes | Tombstone) -> None:
    if isinstance(content, bytes):
        check_round_trip(AudioWindow(header=header, pcm=content))
    else:
        check_round_trip(AudioWindow(header=header, tombstone=content))


@examples
@given(HEADERS, SCORES | TOMBSTONES, st.text(max_size=10), st.integers(min_value=0, max_value=2**63 - 1))
def test_detections_come_back(
    header: WindowHeader, content: tuple[tuple[str, float], ...] | Tombstone, model: str, version: int
) -> None:
    if isinstance(content, Tombstone):
        check_round_trip(Detection(header=header, tombstone=content))
    else:
        check_round_trip(Detection(header=header, scores=content, model=model, model_version=version))


@examples
@given(
    st.builds(
        Episode,
        episode_id=NAMES,
        mic=NAMES,
        state=st.sampled_from(EpisodeState),
        ending=st.sampled_from(Ending),
        start_seconds=NUMBERS,
        alerted_at_seconds=NUMBERS,
        end_seconds=NUMBERS,
        peak_score=NUMBERS,
        captured_at_seconds=WALL_SECONDS,
    )
)
def test_episodes_come_back(episode: Episode) -> None:
    check_round_trip(episode)


MESSAGES = (AudioChunk, AudioWindow, Detection, Episode)


@examples
@given(st.sampled_from(MESSAGES), st.binary(max_size=200))
def test_any_bytes_are_a_message_or_a_message_error(message_type: Any, body: bytes) -> None:
    with contextlib.suppress(MessageError):
        message_type.decode(body)


@examples
@given(
    st.sampled_from(MESSAGES),
    chunks().map(AudioChunk.encode) | HEADERS.map(lambda header: AudioWindow(header=header, pcm=b"12").encode()),
    st.data(),
)
def test_damaged_messages_are_a_message_or_a_message_error(message_type: Any, body: bytes, data: st.DataObject) -> None:
    position = data.draw(st.integers(min_value=0, max_value=len(body) - 1))
    damaged = body[:position] + data.draw(st.binary(max_size=4)) + body[position + 1 :]
    with contextlib.suppress(MessageError):
        message_type.decode(damaged)


HEADER = WindowHeader(mic="m", session="s", index=3, start_seconds=3.0, end_seconds=8.0, captured_at_seconds=1.7e9)
CHUNK = AudioChunk(
    mic="m", session="s", first_sample=0, sample_rate_hz=8_000, channels=2, pcm=b"1234", captured_at_seconds=1.7e9
)


@pytest.mark.parametrize(
    "change",
    [{"mic": ""}, {"session": ""}, {"sample_rate_hz": 0}, {"pcm": b"123456"}, {"pcm": b"1"}, {"pcm": b""}],
    ids=str,
)
def test_a_chunk_that_contradicts_itself_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(MessageError):
        AudioChunk.decode(dataclasses.replace(CHUNK, **change).encode())


def test_a_chunk_without_channels_is_refused() -> None:
    message = audio_pb2.AudioChunk.FromString(CHUNK.encode())
    message.channels = 0
    with pytest.raises(MessageError, match="0 channels"):
        AudioChunk.decode(message.SerializeToString())


def test_only_the_end_of_a_session_may_be_without_sound() -> None:
    ending = dataclasses.replace(CHUNK, pcm=b"", ends_session=True)
    assert AudioChunk.decode(ending.encode()) == ending


@pytest.mark.parametrize(
    "body",
    [
        AudioWindow(header=dataclasses.replace(HEADER, mic=""), pcm=b"").encode(),
        AudioWindow(header=dataclasses.replace(HEADER, level_dbfs=float("-inf")), pcm=b"").encode(),
        AudioWindow(header=dataclasses.replace(HEADER, start_seconds=float("nan")), pcm=b"").encode(),
        audio_pb2.AudioWindow(header=HEADER.to_message()).SerializeToString(),
    ],
    ids=["no mic", "infinite level", "no start", "no content"],
)
def test_a_window_without_identity_numbers_or_content_is_refused(body: bytes) -> None:
    with pytest.raises(MessageError):
        AudioWindow.decode(body)
    with pytest.raises(MessageError):
        Detection.decode(body)


def test_a_score_that_is_nan_is_refused() -> None:
    with pytest.raises(MessageError, match="m/s/3"):
        Detection.decode(Detection(header=HEADER, scores=(("crying", float("nan")),)).encode())


@pytest.mark.parametrize("change", [{"state": 0}, {"state": 77}, {"ending": 77}, {"episode_id": ""}], ids=str)
def test_an_episode_of_another_release_is_refused(change: dict[str, Any]) -> None:
    fields = {"episode_id": "e", "state": audio_pb2.Episode.STATE_OPEN, **change}
    with pytest.raises(MessageError):
        Episode.decode(audio_pb2.Episode(**fields).SerializeToString())


def test_a_tombstone_of_another_release_is_read_as_poison() -> None:
    message = audio_pb2.Tombstone(detail="why")
    message.reason = 77  # type: ignore[assignment]
    assert Tombstone.from_message(message) == Tombstone(TombstoneReason.POISON, "why")


@pytest.mark.parametrize(
    "content", [{}, {"pcm": b"12", "tombstone": Tombstone(TombstoneReason.GAP)}], ids=["none", "both"]
)
def test_a_window_has_either_sound_or_a_tombstone(content: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="m/s/3 must have either"):
        AudioWindow(header=HEADER, **content)


@pytest.mark.parametrize(
    "content", [{}, {"scores": (("crying", 0.5),), "tombstone": Tombstone(TombstoneReason.GAP)}], ids=["none", "both"]
)
def test_a_detection_has_either_scores_or_a_tombstone(content: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="m/s/3 must have either"):
        Detection(header=HEADER, **content)


def test_a_detection_without_a_single_score_is_refused() -> None:
    message = audio_pb2.Detection(header=HEADER.to_message(), scores=audio_pb2.Scores(model="cry"))
    with pytest.raises(MessageError, match="neither scores nor a tombstone"):
        Detection.decode(message.SerializeToString())


def test_a_score_is_found_by_its_label() -> None:
    detection = Detection(header=HEADER, scores=(("crying", 0.5), ("dog", 0.25)))
    assert (detection.score_of("dog"), detection.score_of("cat")) == (0.25, None)
    assert HEADER.window_id == "m/s/3"
