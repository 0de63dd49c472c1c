import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.sound.chunks import chunk, chunks, known_noise

from tears.audio.errors import AudioFormatError
from tears.audio.window_positions import window_count
from tears.kit.messages import AudioChunk, Tombstone, TombstoneReason
from tears.preprocessor.tickets import MOST_TOMBSTONES, WindowPlan, plan_windows, sound_of

RATE_HZ = 8_000
WINDOW = 5 * RATE_HZ


def plans_of(stream: list[AudioChunk], hop_seconds: float = 1.0) -> list[WindowPlan]:
    return [plan_windows(ticket, stream[:at], hop_seconds) for at, ticket in enumerate(stream)]


def made(stream: list[AudioChunk], hop_seconds: float = 1.0) -> dict[int, np.ndarray | Tombstone]:
    found: dict[int, np.ndarray | Tombstone] = {}
    for at, ticket in enumerate(stream):
        for window in plan_windows(ticket, stream[:at], hop_seconds).windows:
            assert window.index not in found, f"window {window.index} was made twice"
            found[window.index] = sound_of(window, ticket, stream[:at])
    return found


def test_nothing_is_made_until_five_seconds_have_arrived() -> None:
    stream = chunks(known_noise(7 * RATE_HZ))
    assert [len(one.windows) for one in plans_of(stream)] == [0, 0, 0, 0, 1, 1, 1]


def test_each_window_holds_exactly_its_five_seconds() -> None:
    sound = known_noise(9 * RATE_HZ)
    windows = made(chunks(sound))
    assert sorted(windows) == [0, 1, 2, 3, 4]
    for index, found in windows.items():
        np.testing.assert_array_equal(found, sound[index * RATE_HZ : index * RATE_HZ + WINDOW])


@settings(deadline=None, max_examples=40)
@given(
    cuts=st.lists(st.integers(1, 3_000), min_size=3, max_size=30),
    hop_seconds=st.sampled_from([0.25, 0.3, 0.5, 1.0, 2.0]),
)
def test_every_window_is_made_once_however_the_session_is_cut_into_chunks(cuts: list[int], hop_seconds: float) -> None:
    rate_hz = 4_000
    sound = known_noise(6 * rate_hz + sum(cuts))
    stream, at = [chunk(sound[: 6 * rate_hz], 0, rate_hz=rate_hz)], 6 * rate_hz
    for cut in cuts:
        stream.append(chunk(sound[at : at + cut], at, rate_hz=rate_hz))
        at += cut
    windows = made(stream, hop_seconds)
    assert sorted(windows) == list(range(window_count(at, rate_hz, hop_seconds)))
    assert not any(isinstance(found, Tombstone) for found in windows.values())


def test_a_gap_makes_a_tombstone_of_each_window_that_it_touches() -> None:
    stream = chunks(known_noise(14 * RATE_HZ))
    del stream[7]
    windows = made(stream)
    assert sorted(windows) == list(range(10))
    lost = [index for index, found in sorted(windows.items()) if isinstance(found, Tombstone)]
    assert lost == [3, 4, 5, 6, 7]
    tombstone = windows[3]
    assert isinstance(tombstone, Tombstone)
    assert tombstone.reason is TombstoneReason.GAP
    assert "8000 of 40000" in tombstone.detail


def test_chunks_out_of_order_lose_only_the_windows_that_end_before_the_late_chunk_comes() -> None:
    sound = known_noise(14 * RATE_HZ)
    stream = chunks(sound)
    stream[6], stream[7] = stream[7], stream[6]
    windows = made(stream)
    assert sorted(windows) == list(range(10))
    lost = [index for index, found in sorted(windows.items()) if isinstance(found, Tombstone)]
    assert lost == [2, 3]
    np.testing.assert_array_equal(windows[4], sound[4 * RATE_HZ : 4 * RATE_HZ + WINDOW])


def test_a_repeated_chunk_makes_its_windows_once() -> None:
    stream = chunks(known_noise(8 * RATE_HZ))
    stream.insert(6, stream[5])
    assert sorted(made(stream)) == [0, 1, 2, 3]
    assert plans_of(stream)[6].is_repeat


def test_a_late_chunk_of_an_older_session_disturbs_nothing() -> None:
    old = chunks(known_noise(8 * RATE_HZ, seed=1), session="old")
    new = chunks(known_noise(8 * RATE_HZ, seed=2), session="new")
    stream = [*old[:7], *new[:6], old[7], *new[6:]]
    by_session: dict[str, list[int]] = {"old": [], "new": []}
    for at, ticket in enumerate(stream):
        for window in plan_windows(ticket, stream[:at], 1.0).windows:
            assert not isinstance(sound_of(window, ticket, stream[:at]), Tombstone)
            by_session[ticket.session].append(window.index)
    assert by_session == {"old": [0, 1, 2, 3], "new": [0, 1, 2, 3]}


def test_a_chunk_of_another_rate_inside_a_session_is_never_mixed_in() -> None:
    stream = chunks(known_noise(12 * RATE_HZ))
    stream[8] = dataclasses.replace(stream[8], sample_rate_hz=16_000)
    reasons = set()
    for at, ticket in enumerate(stream):
        for window in plan_windows(ticket, stream[:at], 1.0).windows:
            sound = sound_of(window, ticket, stream[:at])
            if isinstance(sound, Tombstone):
                reasons.add(sound.reason)
            else:
                assert ticket.sample_rate_hz == RATE_HZ
    assert reasons == {TombstoneReason.FORMAT_CHANGED}


def test_the_error_names_a_rate_at_which_no_window_can_be_made() -> None:
    with pytest.raises(AudioFormatError, match="1000"):
        plan_windows(chunk(known_noise(1_000), 0, rate_hz=1_000), [], 1.0)


def test_a_session_that_begins_in_the_middle_makes_tombstones_until_it_has_five_seconds() -> None:
    stream = chunks(known_noise(20 * RATE_HZ))[8:]
    windows = made(stream)
    assert sorted(windows) == list(range(4, 16))
    assert [index for index, found in sorted(windows.items()) if isinstance(found, Tombstone)] == [4, 5, 6, 7]


def test_the_end_of_a_session_is_announced_once_with_the_number_of_its_windows() -> None:
    stream = chunks(known_noise(7 * RATE_HZ + 100), ends_session=True)
    stream.append(stream[-1])
    ends = [(one.ends_session, one.session_windows) for one in plans_of(stream)]
    assert ends[-2:] == [(True, 3), (False, 3)]


def test_an_empty_last_chunk_ends_the_session() -> None:
    stream = chunks(known_noise(6 * RATE_HZ))
    stream.append(chunk(known_noise(0), 6 * RATE_HZ, ends_session=True))
    last = plans_of(stream)[-1]
    assert last.ends_session
    assert not last.windows
    assert last.session_windows == 2


def test_a_gap_of_years_makes_a_bounded_number_of_tombstones() -> None:
    stream = chunks(known_noise(6 * RATE_HZ))
    far = chunk(known_noise(RATE_HZ), 10**12)
    assert len(plan_windows(far, stream, 1.0).windows) == MOST_TOMBSTONES


def test_stereo_is_mixed_to_the_mean_of_its_channels() -> None:
    left, right = known_noise(WINDOW, seed=3), known_noise(WINDOW, seed=4)
    ticket = chunk(np.stack([left, right], axis=1).reshape(-1), 0, channels=2)
    (window,) = plan_windows(ticket, [], 1.0).windows
    sound = sound_of(window, ticket, [])
    assert not isinstance(sound, Tombstone)
    np.testing.assert_array_equal(sound, np.floor((left.astype(np.float64) + right) / 2 + 0.5))


def test_a_microphone_whose_channels_have_opposite_phases_is_heard() -> None:
    sound = known_noise(6 * RATE_HZ)
    # In the first second both channels are silent, so nothing there shows their phase.
    sound[:RATE_HZ] = 0
    stereo = np.stack([sound, -sound], axis=1)
    stream = [chunk(stereo[at : at + RATE_HZ].reshape(-1), at, channels=2) for at in range(0, len(sound), RATE_HZ)]
    for index, found in made(stream).items():
        expected = sound[index * RATE_HZ : index * RATE_HZ + WINDOW]
        np.testing.assert_array_equal(np.abs(np.asarray(found)), np.abs(expected))
