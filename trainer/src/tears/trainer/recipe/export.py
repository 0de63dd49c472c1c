"""Exports what the recipe has fitted: crying against all else, calibrated. Needs TensorFlow."""

from pathlib import Path
from typing import Any, Final

import tensorflow as tf

from tears.audio.constants import MODEL_RATE_HZ, WINDOW_SAMPLES
from tears.trainer.exporting.export import export_over
from tears.trainer.speech_commands.architectures import ModelSettings
from tears.trainer.speech_commands.architectures.nursery import two_logits

LABELS: Final = ("crying", "other")
SETTINGS: Final = ModelSettings(len(LABELS), MODEL_RATE_HZ, clip_duration_ms=5000, quantize=True)


def export_model(network: Any, scale: float, offset: float, out: Path) -> None:
    """Exports waveform in, one calibrated score per label out, and prints what it says of each named signal.

    Args:
        network: Of log-mel spectrograms, with the logit of the window first.
        scale: Of Platt's calibration.
        offset: Likewise.
        out: The version's folder; what an earlier export left in it is replaced.

    Raises:
        ExportError: A format disagrees with the network on a named signal, or the folder cannot be written.
    """
    waveform = tf.keras.layers.Input((WINDOW_SAMPLES,), name="waveform")
    model = tf.keras.Model(waveform, two_logits(network, waveform, scale, offset), name="nursery")
    for name, scores in export_over(model, LABELS, out, SETTINGS).items():
        print(f"{name}: {scores[0]:.4f}")
