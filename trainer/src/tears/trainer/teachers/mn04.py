"""mn04_as, a small network trained on AudioSet: a teacher of our network, and a baseline to compare it with.

It is not part of the product. The path of its weights, an .npz, is given from outside. Needs TensorFlow.

Schmid, Koutini, Widmer, Efficient large-scale audio tagging via transformer-to-CNN knowledge distillation (2023).
"""

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import soxr
import tensorflow as tf

from tears.audio.constants import MODEL_RATE_HZ
from tears.audio.format import Signal
from tears.audio.gain import amplitude
from tears.trainer.errors import TeacherError

MN04_RATE_HZ: Final = 32_000
MN04_LEVEL_DBFS: Final = -20.0

_FRAME_SAMPLES: Final = 1024
_HANN_SAMPLES: Final = 800
_HOP_SAMPLES: Final = 320
_PREEMPHASIS: Final = 0.97
_MEL_FLOOR: Final = 1e-5
_BATCH_NORM_EPSILON: Final = 1e-3
# Of the blocks 1 to 15: kernel, stride, whether they have squeeze-and-excitation.
_BLOCKS: Final = (
    *((3, 1, False), (3, 2, False), (3, 1, False), (5, 2, True), (5, 1, True), (5, 1, True), (3, 2, False)),
    *((3, 1, False), (3, 1, False), (3, 1, False), (3, 1, True), (3, 1, True), (5, 2, True), (5, 1, True)),
    (5, 1, True),
)
_LAST_RELU_BLOCK: Final = 6  # the blocks after it use hard-swish

_Array = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Mn04Judgement:
    """The answers to windows of equal length, as float32 arrays."""

    logits: _Array  # [n, 527]
    embeddings: _Array  # [n, 384]
    steps: _Array  # [n, t, 384]: the embedding at each step of 0.32 s; their mean is the embedding


class Mn04:
    """The network, from the path of mn04_as.npz.

    Raises:
        TeacherError: The file cannot be read, or it has other arrays.
    """

    def __init__(self, path: Path) -> None:
        try:
            with path.open("rb") as file, np.load(file) as arrays:
                self._weights = {name: np.asarray(arrays[name], np.float32) for name in arrays.files}
            self._mel_basis = self._weights["mel_basis"]
            # Weights that are missing or have another shape are found now, and not after an hour of composing windows.
            self._forward(tf.zeros((1, len(self._mel_basis), 1, 1)))
        except (OSError, EOFError, TypeError, ValueError, KeyError, zipfile.BadZipFile, tf.errors.OpError) as error:
            raise TeacherError(
                f"{path} cannot be read as the weights of mn04_as: {error}; set TEARS_MN04 to mn04_as.npz"
            ) from error
        padding = (_FRAME_SAMPLES - _HANN_SAMPLES) // 2
        self._window = np.pad(np.hanning(_HANN_SAMPLES), padding).astype(np.float32)
        self._network = tf.function(self._forward, reduce_retracing=True)

    def judge(self, waveforms: Signal, level_dbfs: float | None = MN04_LEVEL_DBFS) -> Mn04Judgement:
        """Judge windows at 22 050 Hz, float32 of shape [n, samples].

        Each is first scaled to the level and clipped to [-1, 1], unless the level is None.
        """
        mel = np.stack([self.mel_frames(at_level(waveform, level_dbfs)) for waveform in waveforms])
        logits, embeddings, steps = self._network(tf.constant(mel[..., np.newaxis]))
        return Mn04Judgement(logits.numpy(), embeddings.numpy(), steps.numpy())

    def mel_frames(self, waveform: Signal) -> _Array:
        """Return the network's input for a waveform at 32 kHz, float32 [samples] to float32 [128, frames]."""
        emphasised = waveform[1:] - np.float32(_PREEMPHASIS) * waveform[:-1]
        padded = np.pad(emphasised, _FRAME_SAMPLES // 2, mode="reflect")
        frames = np.lib.stride_tricks.sliding_window_view(padded, _FRAME_SAMPLES)[::_HOP_SAMPLES] * self._window
        spectrum = np.fft.rfft(frames)
        power = (np.square(spectrum.real) + np.square(spectrum.imag)).astype(np.float32)
        mel = np.log(power @ self._mel_basis.T + np.float32(_MEL_FLOOR))
        return np.asarray((mel.T + np.float32(4.5)) / np.float32(5.0), np.float32)

    def _forward(self, mel: Any) -> tuple[Any, Any, Any]:
        """Return logits [n, 527], embeddings [n, 384] and their steps [n, t, 384] of mel frames [n, 128, frames, 1]."""
        x = self._convolved(mel, "features.0", 2, hard_swish)
        for number, (_, stride, has_excitation) in enumerate(_BLOCKS, start=1):
            x = self._block(x, number, stride, has_excitation=has_excitation)
        x = self._convolved(x, "features.16", 1, hard_swish)
        steps = tf.reduce_mean(x, axis=1)
        embeddings = tf.reduce_mean(steps, axis=1)
        hidden = hard_swish(self._dense(embeddings, "classifier.2"))
        return self._dense(hidden, "classifier.5"), embeddings, steps

    def _block(self, x: Any, number: int, stride: int, *, has_excitation: bool) -> Any:
        """Apply an inverted residual: expand, depthwise convolution, squeeze-and-excitation, project."""
        activation = tf.nn.relu if number <= _LAST_RELU_BLOCK else hard_swish
        name, part = f"features.{number}.block", 0
        y = x
        if number > 1:  # the first block does not expand
            y, part = self._convolved(y, f"{name}.{part}", 1, activation), part + 1
        y, part = self._convolved(y, f"{name}.{part}", stride, activation), part + 1
        if has_excitation:
            y, part = self._excited(y, f"{name}.{part}.conc_se_layers.0"), part + 1
        y = self._convolved(y, f"{name}.{part}", 1, tf.identity)
        return x + y if x.shape[-1] == y.shape[-1] and stride == 1 else y

    def _convolved(self, x: Any, name: str, stride: int, activation: Any) -> Any:
        """Apply a convolution with symmetric padding, its batch norm, and an activation."""
        kernel = self._weights[f"{name}.0.weight"].transpose(2, 3, 1, 0)  # [k, k, in, out]
        scale = self._weights[f"{name}.1.weight"] / np.sqrt(
            self._weights[f"{name}.1.running_var"] + _BATCH_NORM_EPSILON
        )
        offset = self._weights[f"{name}.1.bias"] - self._weights[f"{name}.1.running_mean"] * scale
        margin = (kernel.shape[0] - 1) // 2
        x = tf.pad(x, ((0, 0), (margin, margin), (margin, margin), (0, 0)))
        if kernel.shape[2] == 1 and x.shape[-1] > 1:
            depthwise = (kernel * scale).transpose(0, 1, 3, 2)  # [k, k, channels, 1]
            x = tf.nn.depthwise_conv2d(x, depthwise, (1, stride, stride, 1), "VALID")
        else:
            x = tf.nn.conv2d(x, kernel * scale, stride, "VALID")
        return activation(x + offset)

    def _excited(self, x: Any, name: str) -> Any:
        mean = tf.reduce_mean(x, axis=(1, 2))
        weights = tf.sigmoid(self._dense(tf.nn.relu(self._dense(mean, f"{name}.fc1")), f"{name}.fc2"))
        return x * weights[:, tf.newaxis, tf.newaxis, :]

    def _dense(self, x: Any, name: str) -> Any:
        return x @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"]


def hard_swish(x: Any) -> Any:
    """Return x times a straight line that rises from 0 at -3 to 1 at 3."""
    return x * tf.nn.relu6(x + 3) / 6


def at_level(waveform: Signal, level_dbfs: float | None) -> Signal:
    """Return a waveform at 32 kHz, scaled to the level and clipped to [-1, 1]; it comes at 22 050 Hz."""
    resampled = soxr.resample(waveform, MODEL_RATE_HZ, MN04_RATE_HZ)
    if level_dbfs is None:
        return np.asarray(resampled, np.float32)
    level = np.sqrt(np.mean(np.square(waveform, dtype=np.float64)) + 1e-20)
    return np.asarray(np.clip(resampled * (amplitude(level_dbfs) / level), -1, 1), np.float32)
