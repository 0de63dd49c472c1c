"""The pictures and the MP3s of clips."""

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from tears.journal.clips.renderings.mp3 import mp3_of
from tears.journal.clips.renderings.spectrogram import HIGHEST_SHOWN_HZ, MOST_COLUMNS, ROWS, spectrogram_of


def tone(hertz: float, seconds: float, rate_hz: int, amplitude: float = 8_000.0) -> np.ndarray:
    return amplitude * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate_hz)) / rate_hz)


def flac(folder: Path, sound: np.ndarray, rate_hz: int) -> Path:
    path = folder / "one.flac"
    soundfile.write(path, sound.astype(np.int16), rate_hz)
    return path


def drawn(path: Path) -> np.ndarray:
    """Return the brightness of each pixel, 0 to 255, (rows, columns); row 0 is the lowest frequency."""
    with Image.open(io.BytesIO(spectrogram_of(path))) as picture:
        assert picture.format == "PNG"
        return np.asarray(picture.convert("L"))[::-1]


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 48_000])
def test_a_tone_is_drawn_at_its_frequency_and_its_time(tmp_path: Path, rate_hz: int) -> None:
    sound = np.concatenate([np.zeros(2 * rate_hz), tone(1_000, 1, rate_hz), np.zeros(rate_hz)])
    picture = drawn(flac(tmp_path, sound, rate_hz))
    assert picture.shape == (ROWS, 200)
    brightest = np.unravel_index(picture.argmax(), picture.shape)
    assert abs(brightest[0] - 1_000 / HIGHEST_SHOWN_HZ * ROWS) <= 1
    loud_columns = np.flatnonzero(picture.max(axis=0) > 128)
    assert abs(loud_columns.min() - 100) <= 2
    assert abs(loud_columns.max() - 149) <= 2


def test_a_picture_of_a_long_clip_is_no_wider(tmp_path: Path) -> None:
    sound = np.tile(tone(500, 1, 8_000), 300)
    assert drawn(flac(tmp_path, sound, 8_000)).shape == (ROWS, MOST_COLUMNS)


@pytest.mark.parametrize("samples", [1, 100, 8_000])
def test_a_short_or_silent_clip_has_a_picture_too(tmp_path: Path, samples: int) -> None:
    picture = drawn(flac(tmp_path, np.zeros(samples), 8_000))
    assert picture.shape[0] == ROWS


def test_all_channels_are_in_the_picture(tmp_path: Path) -> None:
    sound = np.stack([np.zeros(16_000), tone(2_000, 1, 16_000)], axis=1)
    picture = drawn(flac(tmp_path, sound, 16_000))
    assert abs(picture.mean(axis=1).argmax() - 2_000 / HIGHEST_SHOWN_HZ * ROWS) <= 1


@pytest.mark.parametrize("rate_hz", [8_000, 22_050, 48_000])
def test_an_mp3_sounds_like_its_clip(tmp_path: Path, rate_hz: int) -> None:
    sound = np.stack([tone(440, 12, rate_hz), tone(440, 12, rate_hz)], axis=1)
    content = mp3_of(flac(tmp_path, sound, rate_hz))
    found, found_hz = soundfile.read(io.BytesIO(content), dtype="int16")
    assert found.ndim == 1
    assert found_hz == 22_050
    assert abs(len(found) / found_hz - 12) < 0.1
    # Also across the pieces in which it was made.
    middle = found[found_hz : 11 * found_hz].astype(float)
    loudest = np.abs(np.fft.rfft(middle)).argmax() * found_hz / len(middle)
    assert abs(loudest - 440) < 1
    # LAME makes everything 5 % quieter, so that nothing clips.
    assert 0.9 < np.sqrt(2 * np.mean(middle**2)) / 8_000 < 1
    assert len(content) < 12 * 7_500
