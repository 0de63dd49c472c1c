"""The front end equals a slow definition of it, and the front end inside the shipped model."""

from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from tears.audio.constants import MODEL_RATE_HZ, WINDOW_SAMPLES
from tears.own_data.sounds.named_signals import named_signals
from tears.trainer.frontend import (
    FRONTEND_BANDS,
    FRONTEND_BINS,
    FRONTEND_FRAME_SAMPLES,
    FRONTEND_FRAMES,
    FRONTEND_HOP_SAMPLES,
    POWER_FLOOR,
    log_mel,
    mel_weights,
)


def test_one_frame_equals_the_fourier_transform_by_its_definition() -> None:
    waveform = named_signals()["cry-like"]
    n = np.arange(FRONTEND_FRAME_SAMPLES)
    hann = np.sin(np.pi * n / FRONTEND_FRAME_SAMPLES) ** 2
    frame = waveform[7 * FRONTEND_HOP_SAMPLES :][:FRONTEND_FRAME_SAMPLES].astype(np.float64) * hann
    transform = np.exp(-2j * np.pi * np.outer(np.arange(FRONTEND_BINS), n) / FRONTEND_FRAME_SAMPLES) @ frame
    expected = np.log(np.abs(transform) ** 2 @ mel_weights().astype(np.float64) + POWER_FLOOR)

    np.testing.assert_allclose(log_mel(waveform)[7], expected, atol=1e-3)


def test_a_tone_is_loudest_in_the_band_around_it() -> None:
    weights = mel_weights()
    for hz in (120.0, 440.0, 3000.0, 9000.0):
        tone = np.sin(2 * np.pi * hz * np.arange(WINDOW_SAMPLES) / MODEL_RATE_HZ).astype(np.float32)
        spectrogram = log_mel(tone)
        assert spectrogram.shape == (FRONTEND_FRAMES, FRONTEND_BANDS)
        band = int(np.argmax(spectrogram.mean(axis=0)))
        bins_hz = np.flatnonzero(weights[:, band]) * MODEL_RATE_HZ / FRONTEND_FRAME_SAMPLES
        assert bins_hz.min() - 22 <= hz <= bins_hz.max() + 22


def test_every_band_has_a_bin_and_no_bin_counts_more_than_once() -> None:
    weights = mel_weights()

    assert weights.shape == (FRONTEND_BINS, FRONTEND_BANDS)
    assert (weights.sum(axis=0) > 0).all()
    assert weights.sum(axis=1).max() <= 1.0 + 1e-6


def test_silence_has_the_lowest_finite_value() -> None:
    spectrogram = log_mel(np.zeros(WINDOW_SAMPLES, np.float32))

    np.testing.assert_allclose(spectrogram, np.log(POWER_FLOOR), rtol=1e-6)


def test_the_front_end_of_the_shipped_model_equals_this_one(model_folder: Path) -> None:
    interpreter = Interpreter(
        model_path=str(model_folder / "model.tflite"),
        num_threads=1,
        experimental_preserve_all_tensors=True,
        experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
    )
    interpreter.allocate_tensors()
    [spectrogram] = [
        detail["index"]
        for detail in interpreter.get_tensor_details()
        if detail["name"].endswith("/Log") and sorted(detail["shape"]) == [1, FRONTEND_BANDS, FRONTEND_FRAMES]
    ]
    for name, waveform in named_signals().items():
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], waveform[np.newaxis])
        interpreter.invoke()
        np.testing.assert_allclose(
            interpreter.get_tensor(spectrogram).reshape(FRONTEND_BANDS, FRONTEND_FRAMES).T,
            log_mel(waveform),
            atol=0.02,
            rtol=1e-3,
            err_msg=name,
        )
