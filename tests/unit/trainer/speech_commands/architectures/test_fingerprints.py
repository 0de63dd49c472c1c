"""The front ends, compared with formulas written out in numpy, and with the operations that the original calls."""

import re
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import tensorflow as tf
from tensorflow.lite.experimental.microfrontend.python.ops import audio_microfrontend_op

from tears.own_data.sounds.named_signals import named_signals
from tears.trainer.errors import ArchitectureError
from tears.trainer.speech_commands.architectures.fingerprints import Fingerprint, fingerprint
from tears.trainer.speech_commands.architectures.settings import ArchitectureSettings
from tears.trainer.speech_commands.architectures.spectrum import mel_weights

Array = npt.NDArray[Any]

BLOG = ArchitectureSettings(4, 22_050, 5_000)
SHORT = ArchitectureSettings(4, 16_000, 1_000)


def signal(settings: ArchitectureSettings, name: str, gain: float = 1.0) -> Array:
    """Return a named signal in steps of int16, float32 [samples] in [-1, 1)."""
    named = named_signals(settings.clip_samples, settings.sample_rate_hz)[name]
    return (np.round(named * 32767 * gain) / 32768).astype(np.float32)


def ours(settings: ArchitectureSettings, waveform: Array) -> Array:
    return np.asarray(fingerprint(tf.constant(waveform[None]), settings)[0])


def magnitudes_written_out(settings: ArchitectureSettings, waveform: Array) -> Array:
    """Return the spectrum of each frame: Hann, zeros up to a power of two, transform; float64 [frames, bins]."""
    size, points = settings.window_samples, 1
    while points < size:
        points *= 2
    hann = np.sin(np.pi * np.arange(size) / size) ** 2
    begins = range(0, len(waveform) - size + 1, settings.stride_samples)
    return np.array([np.abs(np.fft.rfft(waveform[k : k + size].astype(np.float64) * hann, points)) for k in begins])


def mfcc_written_out(settings: ArchitectureSettings, waveform: Array, upper_hz: float) -> Array:
    """Return 40 triangles in mel from 20 Hz to the limit, their logarithm, and its cosine transform."""
    magnitudes = magnitudes_written_out(settings, waveform)
    bin_hz = settings.sample_rate_hz / 2 / (magnitudes.shape[1] - 1)

    def mel(hz: float) -> float:
        return float(1127 * np.log(1 + hz / 700))

    low, step = mel(20.0), (mel(upper_hz) - mel(20.0)) / 41
    bands = np.zeros((len(magnitudes), 40))
    for k in range(magnitudes.shape[1]):
        if not int(1.5 + 20 / bin_hz) <= k <= int(upper_hz / bin_hz):
            continue
        # A bin between two neighbouring peaks is divided between them in proportion to its distance from each.
        place = (mel(k * bin_hz) - low) / step
        left = int(np.ceil(place)) - 1
        share = place - left
        if left >= 1:
            bands[:, left - 1] += (1 - share) * magnitudes[:, k]
        if left < 40:
            bands[:, left] += share * magnitudes[:, k]
    logarithms = np.log(np.maximum(bands, 1e-12))
    n = np.arange(40)
    return np.array([np.sqrt(2 / 40) * (logarithms * np.cos(np.pi * k * (n + 0.5) / 40)).sum(axis=1) for k in n]).T


@pytest.mark.parametrize("name", ["silence", "hiss", "tone", "hum", "cry-like"])
@pytest.mark.parametrize("upper_hz", [None, 4_000.0])
def test_mfcc_follows_its_formulas(name: str, upper_hz: float | None) -> None:
    settings = ArchitectureSettings(4, 22_050, 5_000, upper_frequency_hz=upper_hz)
    waveform = signal(settings, name)

    expected = mfcc_written_out(settings, waveform, upper_hz or 11_025.0)

    assert expected.shape == (499, 40)
    # Between the harmonics of a pure tone there is little but the rounding of float32.
    np.testing.assert_allclose(ours(settings, waveform), expected, atol=1e-2 if name in {"tone", "hum"} else 1e-4)


@pytest.mark.parametrize("settings", [BLOG, SHORT], ids=["blog", "original"])
def test_mfcc_equals_the_original_operation(settings: ArchitectureSettings) -> None:
    waveform = signal(settings, "cry-like", 0.1)
    power = tf.raw_ops.AudioSpectrogram(
        input=waveform[:, None],
        window_size=settings.window_samples,
        stride=settings.stride_samples,
        magnitude_squared=True,
    )
    expected = tf.raw_ops.Mfcc(
        spectrogram=power,
        sample_rate=settings.sample_rate_hz,
        upper_frequency_limit=settings.upper_hz,
        dct_coefficient_count=40,
    )

    np.testing.assert_allclose(ours(settings, waveform), expected[0], atol=1e-4)


def test_average_is_the_mean_of_neighbouring_bins() -> None:
    settings = ArchitectureSettings(4, 22_050, 5_000, preprocess="average")
    waveform = signal(settings, "cry-like")

    power = magnitudes_written_out(settings, waveform) ** 2
    # 43 groups of twelve need three bins more than 513: one in the first group and two in the last.
    padded = np.pad(power, ((0, 0), (1, 2)), constant_values=np.nan)
    expected = np.array([np.nanmean(padded[:, k : k + 12], axis=1) for k in range(0, 516, 12)]).T
    assert expected.shape == (499, 43)
    np.testing.assert_allclose(ours(settings, waveform), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("rate", "milliseconds"), [(22_050, 5_000), (16_000, 1_000)])
@pytest.mark.parametrize("gain", [1.0, 0.1, 0.01])
def test_micro_is_near_the_fixed_point_original(rate: int, milliseconds: int, gain: float) -> None:
    settings = ArchitectureSettings(4, rate, milliseconds, preprocess="micro", upper_frequency_hz=7_500.0)
    for name in ("hiss", "cry-like", "silence"):
        waveform = signal(settings, name, gain)
        expected = audio_microfrontend_op.audio_microfrontend(
            tf.constant(np.round(waveform * 32768).astype(np.int16)),
            sample_rate=rate,
            window_size=30,
            window_step=10,
            num_channels=40,
            upper_band_limit=7_500.0,
            out_scale=1,
            out_type=tf.float32,
        ).numpy() * (10 / 256)

        found = ours(settings, waveform)

        assert np.abs(found - expected).mean() < 0.2, name  # of 28
        if name != "silence":
            assert np.corrcoef(found.ravel(), expected.ravel())[0, 1] > 0.99, name


def test_the_clips_of_a_batch_do_not_affect_each_other() -> None:
    for preprocess in ("mfcc", "average", "micro"):
        settings = ArchitectureSettings(4, preprocess=preprocess)
        clips = np.stack([signal(settings, "hiss"), signal(settings, "cry-like")])
        both = np.asarray(fingerprint(tf.constant(clips), settings))
        assert both.shape == (2, settings.frames, settings.fingerprint_width)
        np.testing.assert_allclose(both[1], ours(settings, clips[1]), rtol=1e-4, atol=1e-4)


def test_a_stride_longer_than_the_window_skips_what_lies_between() -> None:
    settings = ArchitectureSettings(4, window_size_ms=30, window_stride_ms=100)
    waveform = signal(settings, "hiss")
    changed = waveform.copy()
    changed[settings.window_samples : settings.stride_samples] = 0.5

    np.testing.assert_array_equal(ours(settings, waveform), ours(settings, changed))


def test_the_whole_band_is_used_unless_a_limit_is_set() -> None:
    limited = ArchitectureSettings(4, 22_050, 5_000, upper_frequency_hz=4_000.0)
    bin_hz = np.arange(BLOG.bins) * 22_050 / BLOG.fft_samples
    inside = (bin_hz > 100) & (bin_hz < 10_000)

    # Neighbouring triangles divide each bin between them.
    np.testing.assert_allclose(mel_weights(BLOG, 40, 20.0)[inside].sum(axis=1), 1.0, atol=1e-6)
    assert mel_weights(limited, 40, 20.0)[bin_hz > 4_000].sum() == 0
    tone = np.sin(2 * np.pi * 6_000 * np.arange(BLOG.clip_samples) / 22_050).astype(np.float32)
    hum = signal(BLOG, "hum", 0.01)
    limited_change = np.abs(ours(limited, hum + tone) - ours(limited, hum)).mean()
    assert np.abs(ours(BLOG, hum + tone) - ours(BLOG, hum)).mean() > 1.5 * limited_change


def test_the_layer_can_be_built_again_from_its_description() -> None:
    layer = Fingerprint(BLOG, name="fingerprint")
    again = Fingerprint.from_config(layer.get_config())

    assert again.settings == BLOG
    assert layer.compute_output_shape((None, BLOG.clip_samples)) == (None, 499, 40)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"label_count": 1}, "label_count is 1; it must be between 2"),
        ({"sample_rate_hz": 0}, "sample_rate_hz is 0"),
        ({"window_size_ms": 2000.0, "clip_duration_ms": 500.0}, "window_size_ms"),
        ({"preprocess": "fft"}, 'preprocess is "fft"; it must be one of mfcc, average, micro'),
        ({"upper_frequency_hz": 9_000.0}, "upper_frequency_hz is 9000; at 16000 samples a second"),
        ({"preprocess": "average", "feature_bin_count": 300}, "only 257 bins"),
        ({"sample_rate_hz": 384_000, "clip_duration_ms": 60_000.0}, "23040000 samples a clip"),
        ({"clip_duration_ms": float("nan")}, "clip_duration_ms is nan"),
    ],
)
def test_settings_that_do_not_fit_are_an_error_that_names_them(fields: dict[str, Any], named: str) -> None:
    with pytest.raises(ArchitectureError, match=re.escape(named)):
        ArchitectureSettings(**{"label_count": 4, **fields})


def test_bands_too_narrow_for_the_bins_are_refused() -> None:
    with pytest.raises(ArchitectureError, match=r"would be empty.*feature_bin_count"):
        fingerprint(tf.zeros((1, 16_000)), ArchitectureSettings(4, feature_bin_count=400))
    with pytest.raises(ArchitectureError, match="micro begins at 125 Hz"):
        fingerprint(tf.zeros((1, 16_000)), ArchitectureSettings(4, preprocess="micro", upper_frequency_hz=100.0))
