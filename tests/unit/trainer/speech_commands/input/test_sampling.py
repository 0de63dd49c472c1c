"""The clips of a training step, and those of validation and test, which are never varied."""

import itertools
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from support.training.training_folders import CLIP_SAMPLES, flags, hiss, training_folder, write_wav

from tears.own_data.clips.splits import Split
from tears.own_data.errors import RecordingError
from tears.trainer.speech_commands.flags import parse_trainer_flags
from tears.trainer.speech_commands.input import sampling
from tears.trainer.speech_commands.input.background import QUIET_RMS, Background, pink_noise
from tears.trainer.speech_commands.input.recordings import find_recordings
from tears.trainer.speech_commands.input.sampling import ClipSampler, shifted


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a folder with two wanted words of fifty clips each, and thirty clips of a dog."""
    root = tmp_path_factory.mktemp("sampling")
    return training_folder(root, {"quiet": 50, "crying": 50, "dog": 30})


def sampler(folder: Path, *more: str) -> ClipSampler:
    parsed = parse_trainer_flags(flags(folder, *more))
    return ClipSampler(find_recordings(parsed), parsed)


def clip_of(path: Path) -> np.ndarray:
    return np.asarray(soundfile.read(path, dtype="int16")[0].astype(np.float32) / np.float32(32768))


def test_silence_and_unknown_are_shares_of_the_wanted_clips(folder: Path) -> None:
    one = sampler(folder, "--silence_percentage=10", "--unknown_percentage=20")
    none = sampler(folder, "--silence_percentage=0", "--unknown_percentage=0")
    dogs = sampler(folder, "--unknown_percentage=1000")

    for split in Split:
        silence, unknown, quiet, crying = one.counts(split)
        wanted = quiet + crying
        assert silence == -(-wanted * 10 // 100)
        assert unknown == min(dogs.counts(split)[1], -(-wanted * 20 // 100))
        assert none.counts(split) == [0, 0, quiet, crying]
        assert one.size(split) == silence + unknown + wanted


def test_a_step_always_has_the_same_clips_and_the_next_step_has_others(folder: Path) -> None:
    one, two = sampler(folder, "--batch_size=20"), sampler(folder, "--batch_size=20")
    list(two.plain_batches(Split.VALIDATION))
    two.training_batch(6)

    np.testing.assert_array_equal(one.training_batch(5).waveforms, two.training_batch(5).waveforms)
    np.testing.assert_array_equal(one.training_batch(5).labels, two.training_batch(5).labels)
    assert not np.array_equal(one.training_batch(5).waveforms, one.training_batch(6).waveforms)


def test_clips_are_varied_in_training_and_in_no_other_split(folder: Path) -> None:
    disturbing = sampler(folder, "--background_volume=1", "--background_frequency=1", "--silence_percentage=0")
    originals = [clip_of(path) for path in folder.glob("*/*.wav")]

    def is_one(waveform: np.ndarray) -> bool:
        return any(np.array_equal(waveform, original) for original in originals)

    for split in (Split.VALIDATION, Split.TESTING):
        for batch in disturbing.plain_batches(split):
            assert all(is_one(waveform) for waveform in batch.waveforms)
    assert not any(is_one(waveform) for waveform in disturbing.training_batch(1).waveforms)


def test_without_shift_and_noise_training_gets_the_plain_clips(folder: Path) -> None:
    plain = sampler(folder, "--background_frequency=0", "--time_shift_ms=0", "--silence_percentage=0")
    originals = [clip_of(path) for path in folder.glob("*/*.wav")]

    for waveform in plain.training_batch(1).waveforms:
        assert any(np.array_equal(waveform, original) for original in originals)


def test_plain_batches_contain_each_clip_once_and_have_the_wanted_size(folder: Path) -> None:
    seven = sampler(folder, "--batch_size=7", "--validation_percentage=40")
    batches = list(seven.plain_batches(Split.VALIDATION))

    assert [len(batch.labels) for batch in batches[:-1]] == [7] * (len(batches) - 1)
    labels = np.concatenate([batch.labels for batch in batches])
    assert np.bincount(labels, minlength=4).tolist() == seven.counts(Split.VALIDATION)
    again = np.concatenate([batch.waveforms for batch in seven.plain_batches(Split.VALIDATION)])
    np.testing.assert_array_equal(np.concatenate([batch.waveforms for batch in batches]), again)


def test_without_recordings_of_noise_silence_is_quiet_noise(folder: Path) -> None:
    silent = sampler(folder, "--silence_percentage=200")
    batch = silent.training_batch(1)
    silences = batch.waveforms[batch.labels == 0]

    rms = np.sqrt(np.mean(silences**2, axis=1))
    assert len(silences) > 10
    assert 0 < rms.max() < 2 * QUIET_RMS


def test_with_recordings_of_noise_silence_is_that_noise(tmp_path: Path) -> None:
    folder = training_folder(tmp_path, {"quiet": 30, "crying": 30})
    noise = np.sin(np.arange(9 * CLIP_SAMPLES) * 0.3) * 0.9
    write_wav(folder / "_background_noise_" / "hum.wav", noise)
    batch = sampler(folder, "--silence_percentage=200").training_batch(1)

    for silence in batch.waveforms[batch.labels == 0]:
        spectrum = np.abs(np.fft.rfft(silence * np.hanning(CLIP_SAMPLES)))
        assert abs(int(np.argmax(spectrum)) - round(0.3 / (2 * np.pi) * CLIP_SAMPLES)) <= 1


def test_noise_that_is_shorter_than_a_clip_is_repeated(tmp_path: Path) -> None:
    folder = training_folder(tmp_path, {"quiet": 30, "crying": 30})
    write_wav(folder / "_background_noise_" / "short.wav", hiss(np.random.default_rng(1), 500))
    found = find_recordings(parse_trainer_flags(flags(folder)))

    noise = Background(found.background, CLIP_SAMPLES).draw(np.random.default_rng(1))

    assert noise.shape == (CLIP_SAMPLES,)
    np.testing.assert_array_equal(noise[:500], noise[500:1000])


def test_mixed_clips_stay_within_full_scale(tmp_path: Path) -> None:
    folder = training_folder(tmp_path, {"quiet": 30})
    for k in range(30):
        write_wav(folder / "crying" / f"{k}x.wav", np.sign(np.sin(np.arange(CLIP_SAMPLES) * 0.1)) * 0.999)
    write_wav(folder / "_background_noise_" / "loud.wav", np.sign(np.sin(np.arange(9000) * 0.21)) * 0.999)

    waveforms = sampler(folder, "--background_volume=1", "--background_frequency=1").training_batch(1).waveforms

    assert np.abs(waveforms).max() == 1.0


@given(st.integers(-12, 12))
def test_a_shift_moves_a_clip_and_fills_the_rest_with_silence(by: int) -> None:
    sound = np.arange(1, 11, dtype=np.float32)
    moved = shifted(sound, by)

    expected = [float(k - by + 1) if 0 <= k - by < 10 else 0.0 for k in range(10)]
    np.testing.assert_array_equal(moved, expected)


def test_clips_are_shifted_both_ways_and_not_beyond_the_limit(tmp_path: Path) -> None:
    folder = training_folder(tmp_path, {"quiet": 5})
    click = np.zeros(CLIP_SAMPLES)
    click[1000] = 0.5
    for k in range(5):
        write_wav(folder / "crying" / f"{k}x.wav", click)
    plain = ("--background_frequency=0", "--validation_percentage=0", "--testing_percentage=0")
    moving = sampler(folder, "--time_shift_ms=50", *plain)

    batches = [moving.training_batch(step) for step in range(60)]
    places = [int(np.argmax(wave)) - 1000 for batch in batches for wave in batch.waveforms[batch.labels == 3]]

    assert min(places) < -250
    assert max(places) > 250
    assert all(-400 <= place <= 400 for place in places)


def test_a_short_recording_is_followed_by_silence(tmp_path: Path) -> None:
    folder = training_folder(tmp_path, {"quiet": 3, "crying": 3}, samples=300)
    kept = (
        sampler(
            folder,
            "--validation_percentage=0",
            "--testing_percentage=0",
            "--time_shift_ms=0",
            "--background_frequency=0",
            "--silence_percentage=0",
        )
        .training_batch(1)
        .waveforms
    )

    assert kept.shape[1] == CLIP_SAMPLES
    assert (kept[:, 300:] == 0).all()
    assert (np.abs(kept[:, :300]).max(axis=1) > 0).all()


def test_the_cache_drops_the_least_recently_used_clips(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    roomy = sampler(folder)
    monkeypatch.setattr(sampling, "CACHE_BYTES", 3 * 2 * CLIP_SAMPLES)
    cramped = sampler(folder)

    np.testing.assert_array_equal(cramped.training_batch(1).waveforms, roomy.training_batch(1).waveforms)
    assert cramped._read_cached.cache_info().currsize == 3


def test_a_recording_that_is_gone_is_an_error_that_names_it(tmp_path: Path) -> None:
    folder = training_folder(tmp_path, {"quiet": 5, "crying": 5})
    drawing = sampler(folder, "--validation_percentage=0", "--testing_percentage=0")
    for path in (folder / "crying").iterdir():
        path.unlink()

    with pytest.raises(RecordingError, match="crying-a"):
        drawing.training_batch(1)


def test_the_quiet_noise_is_pink_and_as_loud_as_it_says() -> None:
    noise = pink_noise(2**16, np.random.default_rng(1))
    power = np.abs(np.fft.rfft(noise)) ** 2

    assert np.sqrt(np.mean(noise.astype(np.float64) ** 2)) == pytest.approx(QUIET_RMS, rel=1e-3)
    octaves = [float(power[2**k : 2 ** (k + 1)].mean()) for k in range(6, 15)]
    falls = [10 * np.log10(before / after) for before, after in itertools.pairwise(octaves)]
    assert np.mean(falls) == pytest.approx(3.0, abs=0.3)
