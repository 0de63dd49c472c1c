"""Small models that have learnt nothing, and the files of a version that is exported from them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import tensorflow as tf

from tears.audio.constants import MODEL_RATE_HZ, WINDOW_SAMPLES
from tears.own_data.versions.decision_head import DecisionHead
from tears.trainer.exporting.export import write_version
from tears.trainer.exporting.version_folders import draft_version, publish_version
from tears.trainer.speech_commands.architectures.registry import build
from tears.trainer.speech_commands.architectures.settings import ArchitectureSettings

LABELS = ("_silence_", "_unknown_", "quiet", "crying")
SHORT_SETTINGS = ArchitectureSettings(len(LABELS))
VERSION_FILES = {
    "saved_model.pb",
    "variables/variables.index",
    "variables/variables.data-00000-of-00001",
    "model.tflite",
    "labels.txt",
    "waveform.json",
    "assets.extra/tf_serving_warmup_requests",
}


def untrained(name: str = "tiny_conv", settings: ArchitectureSettings = SHORT_SETTINGS) -> Any:
    """Return a model with the same new weights each time."""
    tf.keras.utils.set_random_seed(59185)
    return build(name, settings)


def export_untrained(folder: Path, name: str = "tiny_conv", settings: ArchitectureSettings = SHORT_SETTINGS) -> Path:
    """Export such a model as the next version in a folder."""
    return export_settings(untrained(name, settings), folder, settings)


def export_settings(
    model: Any, folder: Path, settings: ArchitectureSettings = SHORT_SETTINGS, labels: Sequence[str] = LABELS
) -> Path:
    """Export a model as the next version, at the rate and with the weights that its settings name."""
    with draft_version(folder) as draft:
        write_version(model, labels, draft, sample_rate_hz=settings.sample_rate_hz, quantize=settings.quantize)
        return publish_version(draft)


def untrained_features(count: int) -> Any:
    """Return a network with new weights, the same each time, from windows [n, 110 250] to features [n, count]."""
    tf.keras.utils.set_random_seed(20)
    layers = tf.keras.layers
    waveform = layers.Input((WINDOW_SAMPLES,), name="waveform")
    frames = layers.Reshape((441, 250))(waveform)
    hidden = layers.Conv1D(64, 3, activation="relu", name="conv")(frames)
    pooled = layers.GlobalAveragePooling1D()(layers.Conv1D(count, 3, activation="relu")(hidden))
    return tf.keras.Model(waveform, pooled)


def export_with_head(model: Any, folder: Path, head: DecisionHead, *, quantize: bool = True) -> Path:
    """Export a network whose outputs are the features of a head as the next version in a folder."""
    with draft_version(folder) as draft:
        write_version(model, ("crying", "other"), draft, sample_rate_hz=MODEL_RATE_HZ, quantize=quantize, head=head)
        return publish_version(draft)


def files_in(folder: Path) -> set[str]:
    """Return the paths of all files in a folder and below."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
