"""Composed training windows: reproducible, in range, and labelled where the crying is."""

from collections.abc import Callable

import numpy as np
import pytest

from tears.audio.constants import MODEL_RATE_HZ, WINDOW_SAMPLES
from tears.audio.format import Signal
from tears.audio.window import make_model_input
from tears.own_data.sounds.noises import noise_bank, room_noise, tonal_sound
from tears.trainer.augmentation import acoustics, window_scenes
from tears.trainer.augmentation.acoustics import FFT_BINS
from tears.trainer.augmentation.window_scenes import SceneComposer, active_spans
from tears.trainer.frontend import SPAN_SAMPLES, SPANS
from tears.trainer.manifest import DatasetClip

COUNT = 60


@pytest.fixture(scope="module")
def composer(small_clips: list[DatasetClip]) -> SceneComposer:
    return SceneComposer(small_clips, seed=7, sentences=0)


def test_the_same_seed_and_number_give_the_same_window(composer: SceneComposer, small_clips: list[DatasetClip]) -> None:
    again = SceneComposer(small_clips, seed=7, sentences=0)

    for number in (11, 3, 4):
        one, two = composer.compose(number), again.compose(number)
        np.testing.assert_array_equal(one.samples, two.samples)
        np.testing.assert_array_equal(one.spans, two.spans)
        assert (one.gain_db, one.is_crying) == (two.gain_db, two.is_crying)


def test_another_seed_gives_another_window(composer: SceneComposer, small_clips: list[DatasetClip]) -> None:
    other = SceneComposer(small_clips, seed=8, sentences=0)

    assert not np.array_equal(composer.compose(3).samples, other.compose(3).samples)


def test_windows_have_five_seconds_of_int16_with_and_without_crying(composer: SceneComposer) -> None:
    scenes = [composer.compose(number) for number in range(COUNT)]

    assert all(scene.samples.shape == (WINDOW_SAMPLES,) and scene.samples.dtype == np.int16 for scene in scenes)
    assert all(scene.spans.shape == (SPANS,) for scene in scenes)
    assert 0.25 < np.mean([scene.is_crying for scene in scenes]) < 0.6
    assert {scene.gain_db is None for scene in scenes} == {True, False}


def test_a_window_is_labelled_crying_exactly_when_a_span_of_it_is(composer: SceneComposer) -> None:
    scenes = [composer.compose(number) for number in range(COUNT)]

    assert all(scene.is_crying == bool(scene.spans.any()) for scene in scenes)
    # With less than half a second of crying the label would not be honest.
    assert all(scene.spans.sum() >= 3 for scene in scenes if scene.is_crying)


def test_some_windows_have_crying_only_at_their_end(composer: SceneComposer) -> None:
    onsets = [s for s in map(composer.compose, range(COUNT)) if s.is_crying and not s.spans[:13].any()]

    assert onsets
    assert all(scene.spans[13:].any() for scene in onsets)


def test_a_third_of_the_windows_of_both_labels_comes_through_a_device(
    small_clips: list[DatasetClip], monkeypatch: pytest.MonkeyPatch
) -> None:
    composer, devices = SceneComposer(small_clips, seed=7, sentences=0), []

    def record_peak(samples: Signal, _: np.random.Generator) -> Signal:
        devices.append(np.abs(samples).max())
        return np.full_like(samples, 0.5)

    monkeypatch.setattr(window_scenes, "through_device", record_peak)
    composed = [composer.compose(number) for number in range(COUNT)]

    assert 0.2 < len(devices) / COUNT < 0.5
    assert max(devices) <= 1.0
    changed = [scene for scene in composed if np.all(scene.samples == 1 << 14)]
    assert len(changed) == len(devices)
    assert {scene.is_crying for scene in changed} == {True, False}


def test_clips_of_other_sounds_are_played_at_other_speeds_than_recorded(
    small_clips: list[DatasetClip], monkeypatch: pytest.MonkeyPatch
) -> None:
    speeds: list[float] = []

    def record_speed(
        _event: Signal, _source: Signal, _start: int, _end: int, speed: float, _: np.random.Generator
    ) -> None:
        speeds.append(speed)

    composer = SceneComposer([clip for clip in small_clips if not clip.is_crying], seed=7, sentences=0)
    monkeypatch.setattr(window_scenes, "_add_cut", record_speed)
    for number in range(150):
        composer.compose(number)

    varied = np.log([speed for speed in speeds if speed != 1.0])
    assert len(varied) > 50
    assert 0.16 < varied.std() < 0.24
    assert abs(varied.mean()) < 0.05


def test_insects_hinges_and_voices_are_among_the_other_sounds(
    small_clips: list[DatasetClip], monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[str] = []

    def recording(
        name: str, generate: Callable[[np.random.Generator], Signal]
    ) -> Callable[[np.random.Generator], Signal]:
        def generated(rng: np.random.Generator) -> Signal:
            drawn.append(name)
            return generate(rng)

        return generated

    for name, generate in list(window_scenes.GENERATORS.items()):
        monkeypatch.setitem(window_scenes.GENERATORS, name, recording(name, generate))
    composer = SceneComposer([clip for clip in small_clips if not clip.is_crying], seed=7, sentences=0)

    for number in range(150):
        composer.compose(number)

    voices = {"sobbing adult", "meowing cat", "yowling cat", "babbling toddler"}
    assert set(drawn) == {"tonal", "insect", "creak"} | voices


def test_spans_mark_where_a_sound_is() -> None:
    event = np.zeros(WINDOW_SAMPLES, np.float32)
    event[10 * SPAN_SAMPLES : 15 * SPAN_SAMPLES] = 0.5

    spans, seconds = active_spans(event)

    assert np.flatnonzero(spans).tolist() == [10, 11, 12, 13, 14]
    assert seconds == pytest.approx(5 * SPAN_SAMPLES / MODEL_RATE_HZ, abs=0.1)


def test_silence_has_no_active_span() -> None:
    spans, seconds = active_spans(np.zeros(WINDOW_SAMPLES, np.float32))

    assert not spans.any()
    assert seconds == 0


def test_a_quiet_room_reaches_the_model_at_full_scale() -> None:
    rng = np.random.default_rng(1)
    noise = room_noise(noise_bank(rng, 2), rng)
    samples = np.round(noise / np.abs(noise).max() * 32768 * 10 ** (-48 / 20)).astype(np.int16)

    window = make_model_input(samples)

    assert window.shape == (WINDOW_SAMPLES,)
    assert window.dtype == np.float32
    assert np.abs(window).max() > 0.5
    assert np.abs(make_model_input(samples, 0.0)).max() < 0.005


def test_generated_sounds_are_finite_and_not_silent() -> None:
    rng = np.random.default_rng(2)
    bank = noise_bank(rng, 3)
    for _ in range(12):
        for sound in (tonal_sound(rng), room_noise(bank, rng)):
            assert sound.shape == (WINDOW_SAMPLES,)
            assert np.isfinite(sound).all()
            assert np.abs(sound).max() > 0.1


def test_some_microphones_remove_the_highest_frequencies_and_some_do_not() -> None:
    rng = np.random.default_rng(3)
    responses = np.stack([acoustics.microphone_response(rng) for _ in range(40)])
    assert responses.shape == (40, FFT_BINS)

    loss_db = 20 * np.log10(responses[:, FFT_BINS * 3 // 4] / responses[:, FFT_BINS // 11])
    assert np.mean(loss_db < -20) > 0.3
    assert np.mean(loss_db > -12) > 0.15


def test_a_room_does_not_move_the_direct_sound() -> None:
    click = np.zeros(WINDOW_SAMPLES, np.float32)
    click[1000] = 1.0

    reverberated = acoustics.filtered(click, acoustics.room_responses(1, np.random.default_rng(4))[0])

    assert reverberated.shape == (WINDOW_SAMPLES,)
    assert int(np.argmax(np.abs(reverberated))) == 1000
    assert np.abs(reverberated[:990]).max() < 1e-3
    assert np.square(reverberated[1010:20_000]).sum() > 1e-3


def test_playing_faster_makes_a_sound_shorter_and_higher() -> None:
    seconds = np.arange(WINDOW_SAMPLES) / MODEL_RATE_HZ
    tone = np.sin(2 * np.pi * 400 * seconds).astype(np.float32)

    faster = acoustics.change_speed(tone, 1.25)

    assert len(faster) == pytest.approx(WINDOW_SAMPLES / 1.25, abs=2)
    peak_hz = np.argmax(np.abs(np.fft.rfft(faster))) * MODEL_RATE_HZ / len(faster)
    assert peak_hz == pytest.approx(500, abs=2)


def test_a_low_pass_removes_only_what_is_above_it() -> None:
    seconds = np.arange(WINDOW_SAMPLES) / MODEL_RATE_HZ
    low, high = (np.round(8000 * np.sin(2 * np.pi * hz * seconds)).astype(np.int16) for hz in (1000, 6000))

    middle = slice(5000, -5000)
    np.testing.assert_allclose(acoustics.low_passed(low, 3600.0)[middle], low[middle], atol=40)
    assert np.abs(acoustics.low_passed(high, 3600.0)[middle].astype(int)).max() < 40
