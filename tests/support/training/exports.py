"""Small models that have learnt nothing, and the files of a version that is exported from them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import tensorflow as tf

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


def files_in(folder: Path) -> set[str]:
    """Return the paths of all files in a folder and below."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
