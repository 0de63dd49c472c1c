"""Export the fitted decision as the shipped model: crying against everything else, calibrated. Needs TensorFlow."""

from pathlib import Path
from typing import Any, Final

import tensorflow as tf

from tears.audio.constants import MODEL_RATE_HZ, WINDOW_SAMPLES
from tears.own_data.labels.label_names import CRYING
from tears.trainer.exporting.export import write_version
from tears.trainer.exporting.version_folders import draft_version, replace_files
from tears.trainer.speech_commands.architectures.nursery import two_logits

SHIPPED_LABELS: Final = (CRYING, "other")


def export_model(network: Any, scale: float, offset: float, out: Path) -> None:
    """Export a model from waveform to one calibrated score per label, and print its score of each named signal.

    Args:
        network: A Keras model of log-mel spectrograms whose first output is the logit of the window.
        scale: The scale of Platt's calibration.
        offset: The offset of Platt's calibration.
        out: The version's folder. The files of an earlier export in it are replaced.

    Raises:
        ExportError: A format disagrees with the network on a named signal.
        WriteError: The folder cannot be written.
    """
    waveform = tf.keras.layers.Input((WINDOW_SAMPLES,), name="waveform")
    model = tf.keras.Model(waveform, two_logits(network, waveform, scale, offset), name="nursery")
    with draft_version(out.parent) as draft:
        exported = write_version(model, SHIPPED_LABELS, draft, sample_rate_hz=MODEL_RATE_HZ, quantize=True)
        replace_files(draft, out)
    for name, scores in exported.items():
        print(f"{name}: {scores[0]:.4f}")
