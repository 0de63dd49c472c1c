"""Write a trained model as a version that servers load, and compare it with what was trained. Needs TensorFlow."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import tensorflow as tf

from tears.own_data.versions.version_files import write_waveform
from tears.trainer.disk_writes import EXPORT_ADVICE, failed_writes_named
from tears.trainer.exporting.comparison import Scores, compare_formats, named_windows
from tears.trainer.exporting.formats import write_model
from tears.trainer.exporting.version_folders import draft_version, publish_version, replace_files
from tears.trainer.exporting.warm_up import write_warm_up

WARM_UP_SIGNALS: Final = ("silence", "hiss", "cry-like")


def export_next_version(
    model: Any, labels: Sequence[str], folder: Path, *, sample_rate_hz: int, quantize: bool = False, name: str = "cry"
) -> Path:
    """Write the next version: SavedModel, model.tflite, labels.txt and warm-up requests.

    The version appears under its number only when it is complete and answers the named signals as the trained model
    does.

    Args:
        model: A Keras model, float32 [n, samples] to logits float32 [n, len(labels)].
        labels: In the order of the logits; they become the names of the signature's outputs.
        folder: The folder of the versions; made if it does not exist.
        sample_rate_hz: Of the model's input.
        quantize: Whether model.tflite keeps its weights in eight bits.
        name: Of the served model.

    Returns:
        The version's folder, `folder/<number>`.

    Raises:
        ExportError: What was written does not answer as the trained model does, or a label cannot be one.
        WriteError: The folder cannot be written. After either error nothing is left behind.
    """
    with draft_version(folder) as draft:
        _write(model, labels, draft, sample_rate_hz, name, quantize=quantize)
        return publish_version(draft, folder)


def export_over_version(
    model: Any, labels: Sequence[str], path: Path, *, sample_rate_hz: int, quantize: bool = False, name: str = "cry"
) -> Mapping[str, Scores]:
    """Replace the exported files of one version; other files in its folder stay.

    Args:
        model: As for `export_next_version`, and so are the other arguments.
        labels: In the order of the logits.
        path: The version's folder; made if it does not exist.
        sample_rate_hz: Of the model's input.
        quantize: Whether model.tflite keeps its weights in eight bits.
        name: Of the served model.

    Returns:
        The scores of model.tflite for each named signal: float64 of shape [labels].

    Raises:
        ExportError: As for `export_next_version`; the version is unchanged.
        WriteError: Likewise.
    """
    with draft_version(path.parent) as draft:
        scores = _write(model, labels, draft, sample_rate_hz, name, quantize=quantize)
        replace_files(draft, path)
    return scores


def _write(
    model: Any, labels: Sequence[str], draft: Path, sample_rate_hz: int, name: str, *, quantize: bool
) -> Mapping[str, Scores]:
    samples = int(model.inputs[0].shape[-1])
    windows = named_windows(samples, sample_rate_hz)
    with failed_writes_named(draft.parent, tf.errors.OpError, when_full=EXPORT_ADVICE):
        write_model(model, labels, draft, quantize=quantize)
        write_waveform(draft, samples, sample_rate_hz)
        write_warm_up(draft, name, [windows[signal] for signal in WARM_UP_SIGNALS])
    return compare_formats(model, labels, draft, windows, is_quantized=quantize)
