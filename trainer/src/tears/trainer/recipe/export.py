"""Export what the recipe has fitted: crying against all else, calibrated. Needs TensorFlow."""

from pathlib import Path
from typing import Any, Final

import tensorflow as tf

from tears.audio.constants import MODEL_RATE_HZ, WINDOW_SAMPLES
from tears.trainer.exporting.export import export_over_version
from tears.trainer.speech_commands.architectures.nursery import two_logits

LABELS: Final = ("crying", "other")


def export_model(network: Any, scale: float, offset: float, out: Path) -> None:
    """Export a model from waveform to one calibrated score per label, and print its score for each named signal.

    Args:
        network: Takes log-mel spectrograms; its first output is the logit of the window.
        scale: Of Platt's calibration.
        offset: Of Platt's calibration.
        out: The version's folder; the files of an earlier export in it are replaced.

    Raises:
        ExportError: A format disagrees with the network on a named signal.
        WriteError: The folder cannot be written.
    """
    waveform = tf.keras.layers.Input((WINDOW_SAMPLES,), name="waveform")
    model = tf.keras.Model(waveform, two_logits(network, waveform, scale, offset), name="nursery")
    scores_of = export_over_version(model, LABELS, out, sample_rate_hz=MODEL_RATE_HZ, quantize=True)
    for name, scores in scores_of.items():
        print(f"{name}: {scores[0]:.4f}")
