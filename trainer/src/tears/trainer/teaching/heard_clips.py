"""Hear clips as a home's microphone does, and compute the features of a model.tflite."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
from ai_edge_litert.interpreter import Interpreter

from tears.audio.constants import MODEL_RATE_HZ
from tears.audio.format import Int16Array, Signal
from tears.audio.window import make_model_input
from tears.own_data.scoring.native_silence import native_silence
from tears.own_data.versions.version_files import EMBED_SIGNATURE, FEATURES, INPUT

# As in the nights that the model is measured with.
CLIP_LEVELS_DBFS = (-45.0, -22.0)
ROOM_LEVELS_DBFS = (-68.0, -50.0)
_FULL_SCALE = 32_768
_LEAST_NOISE_HZ = 30.0


class Embedder:
    """A model.tflite with the signature `embed`."""

    def __init__(self, tflite: Path) -> None:
        with native_silence():
            interpreter = Interpreter(model_path=str(tflite), num_threads=1)
            self._runner = interpreter.get_signature_runner(EMBED_SIGNATURE)
            self._runner(**{INPUT: np.zeros((1, 5 * MODEL_RATE_HZ), np.float32)})

    def features(self, samples: Int16Array) -> npt.NDArray[np.float32]:
        """Return the features, float32 [F], of a window, int16 [110 250], after the pipeline's automatic gain."""
        waveform = make_model_input(samples)[np.newaxis]
        return np.asarray(self._runner(**{INPUT: waveform})[FEATURES][0], np.float32)


def in_a_room(samples: Int16Array, seconds: int, rng: np.random.Generator) -> tuple[Int16Array, int]:
    """Put a clip somewhere into steady room noise, at the levels of a microphone in a nursery.

    Returns:
        int16 of `seconds` seconds at 22 050 Hz, and the place of the clip's first sample.
    """
    total = seconds * MODEL_RATE_HZ
    scene = _noise(total, float(rng.uniform(0, 2)), rng) * _amplitude(float(rng.uniform(*ROOM_LEVELS_DBFS)))
    at = int(rng.integers(0, total - len(samples) + 1))
    sound = samples.astype(np.float64)
    level = np.sqrt(np.mean(sound**2)) + 1.0
    scene[at : at + len(samples)] += sound * (_amplitude(float(rng.uniform(*CLIP_LEVELS_DBFS))) / level)
    return np.clip(np.rint(scene), -_FULL_SCALE, _FULL_SCALE - 1).astype(np.int16), at


def _amplitude(level_dbfs: float) -> float:
    return float(_FULL_SCALE * 10 ** (level_dbfs / 20))


def _noise(samples: int, slope: float, rng: np.random.Generator) -> Signal:
    """Return noise of RMS 1 whose power falls with frequency to the power of `slope`."""
    frequencies = np.fft.rfftfreq(samples, 1 / MODEL_RATE_HZ)
    spectrum = np.fft.rfft(rng.standard_normal(samples)) * np.maximum(frequencies, _LEAST_NOISE_HZ) ** (-slope / 2)
    noise = np.fft.irfft(spectrum, samples)
    return np.asarray(noise / np.sqrt(np.mean(noise**2)))
