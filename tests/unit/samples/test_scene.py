"""Scenes: the same for the same seed, as their truth says, at a real microphone's levels."""

import itertools

import numpy as np
import pytest

from tears.samples.errors import SamplesError
from tears.samples.room import NURSERY_ROOMS, NurseryRoom, room_noise
from tears.samples.scene import (
    CRY_DBFS,
    LEAST_EPISODE_GAP_SECONDS,
    OTHER_DBFS,
    Scene,
    SceneEvent,
    compose_scene,
    demo_scene,
)
from tears.samples.sound_kinds import CRIES, OTHERS, OVERRUN_SECONDS, SoundKind
from tears.samples.waveforms import active_rms

CATEGORIES = {
    "door_slam", "door_knock", "door_wood_creaks", "lullaby_music", "babble", "speech", "dog", "vacuum_cleaner",
}  # fmt: skip


@pytest.fixture(scope="module")
def demo() -> Scene:
    return demo_scene()


@pytest.fixture(scope="module", params=[1, 2])
def scene(request: pytest.FixtureRequest) -> Scene:
    return compose_scene(request.param, minutes=2.0)


def level_dbfs(scene: Scene, start_seconds: float, end_seconds: float) -> float:
    """Return the active level of a stretch of the recording."""
    rate = scene.sample_rate_hz
    stretch = scene.samples[int(start_seconds * rate) : int(end_seconds * rate)].astype(np.float64) / 32768
    return float(20 * np.log10(active_rms(stretch)))


def episodes(scene: Scene) -> list[SceneEvent]:
    return [event for event in scene.truth["events"] if event["label"] == "crying"]


def test_the_demo_contains_four_episodes_of_four_babies_and_every_other_sound(demo: Scene) -> None:
    assert demo.truth["duration_seconds"] == 240
    assert len({event["original_recording"] for event in episodes(demo)}) == len(episodes(demo)) == 4
    assert {event["category"] for event in demo.truth["events"] if event["label"] == "other"} == CATEGORIES
    assert all(6 <= event["end"] - event["start"] <= 25 for event in episodes(demo))


def test_the_demo_has_stretches_of_quiet(demo: Scene) -> None:
    events = demo.truth["events"]
    gaps = [after["start"] - before["end"] for before, after in itertools.pairwise(events)]

    assert sum(gap >= 10 for gap in gaps) >= 3


def test_the_same_seed_gives_the_same_scene() -> None:
    one, again = compose_scene(1, minutes=1.0), compose_scene(1, minutes=1.0)

    assert again.truth == one.truth
    assert np.array_equal(again.samples, one.samples)


def test_another_seed_gives_another_scene() -> None:
    one, other = compose_scene(1, minutes=1.0), compose_scene(2, minutes=1.0)

    assert one.truth["events"] != other.truth["events"]


def test_samples_are_as_the_truth_describes_them(scene: Scene) -> None:
    assert scene.samples.dtype == np.int16
    assert scene.sample_rate_hz == scene.truth["sample_rate_hz"] == 48_000
    assert scene.samples.shape == (round(scene.truth["duration_seconds"] * 48_000),)


def test_events_are_in_order_and_do_not_overlap(scene: Scene) -> None:
    events = scene.truth["events"]
    edges = [0.0, *(edge for event in events for edge in (event["start"], event["end"]))]

    assert edges == sorted(edges)
    assert edges[-1] < scene.truth["duration_seconds"]
    assert all(after["start"] - before["end"] >= 4 for before, after in itertools.pairwise(events))


def test_episodes_are_half_a_minute_apart(demo: Scene, scene: Scene) -> None:
    for crying in (episodes(demo), episodes(scene)):
        assert len(crying) >= 2
        # The truth's times are rounded to hundredths.
        for before, after in itertools.pairwise(crying):
            assert after["start"] - before["end"] >= LEAST_EPISODE_GAP_SECONDS - 0.02


def test_events_have_their_levels_and_the_room_is_quieter(scene: Scene) -> None:
    quiet_dbfs = level_dbfs(scene, 0, 7)
    for event in scene.truth["events"]:
        low, high = CRY_DBFS if event["label"] == "crying" else OTHER_DBFS
        measured_dbfs = level_dbfs(scene, event["start"], event["end"])

        # A slam is limited by full scale.
        assert low <= event["level_dbfs"] <= high
        assert measured_dbfs == pytest.approx(event["level_dbfs"], abs=3)
        assert measured_dbfs > quiet_dbfs + 10


@pytest.mark.parametrize("room", NURSERY_ROOMS, ids=lambda room: room.name)
def test_a_room_is_as_loud_as_it_says(room: NurseryRoom) -> None:
    noise = room_noise(room, 20.0, np.random.default_rng(1)).astype(np.float64)

    assert 20 * np.log10(active_rms(noise)) == pytest.approx(room.noise_dbfs, abs=3)


def test_a_scene_is_in_the_room_that_is_asked_for() -> None:
    scene = compose_scene(1, minutes=1.0, room="hiss")

    assert scene.truth["room"] == "hiss"
    assert level_dbfs(scene, 0, 7) == pytest.approx(-62, abs=2)


@pytest.mark.parametrize("seed", range(20, 23))
def test_every_minute_contains_an_episode(seed: int) -> None:
    scene = compose_scene(seed, minutes=1.0)

    assert len(episodes(scene)) == 1
    assert len(scene.truth["events"]) == 3


@pytest.mark.parametrize("minutes", [0.5, 0.0, -1.0, float("nan")])
def test_less_than_a_minute_is_refused(minutes: float) -> None:
    with pytest.raises(SamplesError, match="1 minute or more"):
        compose_scene(1, minutes=minutes)


def test_an_unknown_room_is_refused_with_a_list_of_the_rooms() -> None:
    with pytest.raises(SamplesError, match="'cellar'; the rooms are quiet"):
        compose_scene(1, room="cellar")


@pytest.mark.parametrize("kind", [*CRIES, *OTHERS], ids=lambda kind: kind.name)
def test_no_sound_is_longer_than_the_plan_allows(kind: SoundKind) -> None:
    shortest = kind.seconds[0]

    for seed in range(2):
        assert kind.make(shortest, np.random.default_rng(seed)).seconds <= shortest + OVERRUN_SECONDS
