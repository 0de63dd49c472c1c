import io

import numpy as np
import pytest
import soundfile

from tears.trainer.corpus.segments import count_segments, read_segments, starts_seconds


def _encoded(sound: np.ndarray, rate_hz: int, format: str = "WAV") -> bytes:  # noqa: A002 (as soundfile names it)
    file = io.BytesIO()
    soundfile.write(file, sound, rate_hz, format=format)
    return file.getvalue()


def _tone(seconds: float, rate_hz: int, hz: float = 1000.0) -> np.ndarray:
    return 0.25 * np.sin(2 * np.pi * hz * np.arange(int(seconds * rate_hz)) / rate_hz)


def test_as_many_segments_as_fit_lie_side_by_side() -> None:
    assert starts_seconds(12.0, 24) == [0.0, 7.0]
    assert starts_seconds(5.0, 24) == [0.0]


def test_a_long_file_gives_at_most_the_limit_spread_evenly_to_its_end() -> None:
    assert starts_seconds(605.0, 3) == [0.0, 300.0, 600.0]


def test_a_file_below_three_tenths_of_a_second_gives_no_segment() -> None:
    assert starts_seconds(0.29, 24) == []
    assert starts_seconds(0.3, 24) == [0.0]


def test_channels_in_opposite_phase_do_not_cancel_each_other_and_ordinary_ones_are_their_mean() -> None:
    left, right = _tone(5, 22_050), 0.1 * _tone(5, 22_050, 440.0)

    (turned,) = read_segments(_encoded(np.stack([left, -left], axis=1), 22_050), most=1)
    assert np.abs(turned.samples).max() == pytest.approx(0.25 * 32_768, rel=0.01)

    (ordinary,) = read_segments(_encoded(np.stack([left, right], axis=1), 22_050), most=1)
    assert np.abs(ordinary.samples - (left + right) / 2 * 32_768).max() < 2


@pytest.mark.parametrize("format_", ["WAV", "FLAC", "OGG", "MP3", "AIFF"])
def test_a_stereo_file_at_48_khz_becomes_mono_at_22_khz_in_its_own_pitch(format_: str) -> None:
    stereo = np.stack([_tone(6, 48_000), _tone(6, 48_000)], axis=1)

    (segment,) = read_segments(_encoded(stereo, 48_000, format_), most=24)

    assert segment.samples.shape == (110_250,)
    assert segment.samples.dtype == np.int16
    assert (segment.native_rate_hz, segment.channels, segment.offset_seconds) == (48_000, 2, 0.0)
    spectrum = np.abs(np.fft.rfft(segment.samples))
    assert np.argmax(spectrum) / 5 == pytest.approx(1000.0, abs=1.0)
    assert np.abs(segment.samples).max() == pytest.approx(0.25 * 32_768, rel=0.05)


def test_each_segment_is_the_sound_at_its_offset() -> None:
    sound = np.concatenate([_tone(5, 22_050, hz) for hz in (500, 1000, 2000)])

    found = list(read_segments(_encoded(sound, 22_050), most=24))

    assert [segment.offset_seconds for segment in found] == [0.0, 5.0, 10.0]
    assert [round(np.argmax(np.abs(np.fft.rfft(s.samples))) / 5) for s in found] == [500, 1000, 2000]


def test_a_short_file_keeps_its_length() -> None:
    (segment,) = read_segments(_encoded(_tone(0.5, 22_050), 22_050), most=24)

    assert segment.samples.shape == (11_025,)


def test_digital_silence_is_dropped() -> None:
    sound = np.concatenate([np.zeros(5 * 22_050), _tone(5, 22_050), 1e-5 * _tone(5, 22_050)])

    assert [segment.offset_seconds for segment in read_segments(_encoded(sound, 22_050), most=24)] == [5.0]


def test_headerless_samples_are_read_at_the_given_rate() -> None:
    raw = (_tone(1, 8_000) * 32_768).astype("<i2").tobytes()

    (segment,) = read_segments(raw, most=24, raw_rate_hz=8_000)

    assert segment.samples.shape == (22_050,)
    assert np.argmax(np.abs(np.fft.rfft(segment.samples))) == 1000


def test_bytes_that_are_not_sound_raise() -> None:
    with pytest.raises(soundfile.LibsndfileError):
        list(read_segments(b"no sound at all", most=24))


def test_segments_are_counted_without_decoding_and_other_bytes_have_none() -> None:
    assert count_segments(_encoded(_tone(12, 22_050), 22_050)) == 2
    assert count_segments(bytes(16_000 * 11), raw_rate_hz=8_000) == 2
    assert count_segments(b"no sound at all") == 0
