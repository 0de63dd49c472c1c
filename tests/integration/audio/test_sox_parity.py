"""The blog prepared its clips with `sox IN OUT trim 0 5 vol 45 dB rate 22050`; a fixed gain gives the same sound.

A large offset is removed before the gain, which sox does not do unless it is told to. So sound without one is compared;
of the few recordings that have one, only the gain and the resampling are.

Gain and clipping are equal. The two resampling filters differ by a thousandth just below the lower Nyquist frequency,
and in the first samples of a sound that starts suddenly. So voices are equal within 3 LSB. Only sound that clips
heavily has energy at those frequencies and differs by more.
"""

import csv
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
from integration.audio.sox import run_sox
from integration.audio.voices import cry_like, speech_like
from numpy.typing import NDArray

from tears.audio.gain import apply_gain
from tears.audio.offset import without_offset
from tears.audio.resample import resample
from tears.audio.window import make_window

BLOG = ("trim", "0", "5", "vol", "45", "dB", "rate", "22050")
RATES_HZ = [48_000, 44_100, 16_000]
# sox fills its filter differently if a sound starts suddenly.
ONSET_SAMPLES = 4

Voice = Callable[[int, float], NDArray[np.int16]]


def _differences(folder: Path, sound: NDArray[np.int16], rate_hz: int) -> NDArray[np.int32]:
    return _off_sox(folder, make_window(sound[: 5 * rate_hz], rate_hz, 45.0).samples, sound, rate_hz, *BLOG)


def _off_sox(
    folder: Path, made: NDArray[np.int16], sound: NDArray[np.int16], rate_hz: int, *effects: str
) -> NDArray[np.int32]:
    off: NDArray[np.int32] = np.abs(made.astype(np.int32) - run_sox(folder, sound, rate_hz, *effects))
    return off


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("voice", [cry_like, speech_like])
@pytest.mark.parametrize(("level_dbfs", "clipped_share"), [(-62, 0.0), (-47, 0.1)])
def test_a_voice_is_amplified_and_resampled_as_by_sox(
    tmp_path: Path, voice: Voice, rate_hz: int, level_dbfs: float, clipped_share: float
) -> None:
    sound = voice(rate_hz, level_dbfs)
    share = make_window(sound, rate_hz, 45.0).clipped_samples / sound.size
    assert share > clipped_share if clipped_share else share == 0
    assert _differences(tmp_path, sound, rate_hz).max() <= 3


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize(("voice", "tolerance"), [(cry_like, 10), (speech_like, 3)])
def test_a_voice_that_clips_heavily_is_close_to_that_of_sox(
    tmp_path: Path, voice: Voice, tolerance: int, rate_hz: int
) -> None:
    sound = voice(rate_hz, -25)
    assert make_window(sound, rate_hz, 45.0).clipped_samples > sound.size / 2
    assert _differences(tmp_path, sound, rate_hz).max() <= tolerance


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_a_constant_offset_is_removed_as_by_sox(tmp_path: Path, rate_hz: int) -> None:
    sound = cry_like(rate_hz, -62)[: 5 * rate_hz] + np.int16(655)
    made = make_window(sound, rate_hz, 45.0).samples
    off = _off_sox(tmp_path, made, sound, rate_hz, "dcshift", f"{-655 / 32_768:.9f}", *BLOG)
    # What is removed with the offset is below 8 Hz.
    assert np.sqrt(np.mean(np.square(off, dtype=np.float64))) < 0.02 * np.sqrt(
        np.mean(np.square(made, dtype=np.float64))
    )


def test_sound_at_the_models_rate_is_the_same_to_the_bit(tmp_path: Path) -> None:
    assert not _differences(tmp_path, cry_like(22_050, -30), 22_050).any()


def test_a_longer_recording_is_cut_as_sox_cuts_it(tmp_path: Path) -> None:
    sound = np.concatenate([speech_like(48_000, -62), cry_like(48_000, -20)])
    assert _differences(tmp_path, sound, 48_000).max() <= 3


@pytest.mark.parametrize("gain_db", [45, 30, 20, -6])
def test_gain_rounded_to_int16_is_that_of_sox_for_every_sample_value(tmp_path: Path, gain_db: float) -> None:
    everything = np.arange(-32_768, 32_768).astype(np.int16)
    amplified, _ = apply_gain(everything, gain_db)
    written = np.minimum(np.floor(amplified + 0.5), 32_767)
    assert np.array_equal(written, run_sox(tmp_path, everything, 48_000, "vol", str(gain_db), "dB"))


def _recordings(folders: Sequence[Path]) -> Iterator[tuple[str, NDArray[np.float64], int]]:
    """Yield every 150th cry and every 16th clip of speech of the data set: name, (n,) in [-1, 1], rate."""
    rows = []
    for folder in folders:
        with (folder / "manifest.csv").open() as manifest:
            rows += [row | {"path": str(folder / row["path"])} for row in csv.DictReader(manifest)]
    cries = [row for row in rows if row["label"] == "crying" and row.get("label_suspect", "0") == "0"]
    speech = [row for row in rows if row["category"] == "speech"]
    for row in cries[::150] + speech[::16]:
        sound, rate_hz = soundfile.read(row["path"], dtype="float64")
        yield row["path"], sound, rate_hz


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_recorded_cries_and_speech_are_amplified_and_resampled_as_by_sox(tmp_path: Path, rate_hz: int) -> None:
    folders = [Path(folder) for folder in os.environ.get("TEARS_DATASET_DIR", "").split(os.pathsep) if folder]
    if not folders:
        pytest.skip("TEARS_DATASET_DIR names no folder of recordings")
    compared = whole = 0
    for name, recorded, recorded_hz in _recordings(folders):
        at_rate = np.resize(soxr.resample(recorded, recorded_hz, rate_hz), 5 * rate_hz)
        # Just below the level at which 45 dB would clip, then 20 dB above.
        for peak_dbfs, tolerance, onset_tolerance in ((-46, 8, 32), (-26, 64, 256)):
            levelled = at_rate * 10 ** (peak_dbfs / 20) / np.abs(at_rate).max()
            sound = np.round(levelled * 32_768).astype(np.int16)
            if without_offset(sound, rate_hz, 45.0) is sound:
                made, whole = make_window(sound, rate_hz, 45.0).samples, whole + 1
            else:
                made = resample(apply_gain(sound, 45.0)[0], rate_hz)
            off = _off_sox(tmp_path, made, sound, rate_hz, *BLOG)
            assert off[:ONSET_SAMPLES].max() <= onset_tolerance, (name, peak_dbfs)
            assert off[ONSET_SAMPLES:].max() <= tolerance, (name, peak_dbfs)
            assert np.mean(off <= 3) > (0.998 if peak_dbfs == -46 else 0.9), (name, peak_dbfs)
            compared += 1
    assert compared >= 10
    # All but the few that were recorded with a large offset.
    assert whole >= 0.9 * compared, f"{whole} of {compared}"
