"""Write a trained model as a version that servers load, and compare it with what was trained. Needs TensorFlow."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import tensorflow as tf

from tears.own_data.versions.version_files import write_waveform
from tears.trainer.disk_writes import EXPORT_ADVICE, failed_writes_named
from tears.trainer.exporting.comparison import Scores, compare_formats, named_windows
from tears.trainer.exporting.formats import write_model
from tears.trainer.exporting.warm_up import write_warm_up

WARM_UP_SIGNALS: Final = ("silence", "hiss", "cry-like")


def write_version(
    model: Any, labels: Sequence[str], draft: Path, *, sample_rate_hz: int, quantize: bool = False, name: str = "cry"
) -> dict[str, Scores]:
    """Write SavedModel, model.tflite, labels.txt, the waveform's rate and warm-up requests to a draft of a version.

    Args:
        model: A Keras model, float32 [n, samples] to logits float32 [n, len(labels)].
        labels: In the order of the logits; they become the names of the signature's outputs.
        draft: A folder from `draft_version`, to be published or to replace a version when this has returned.
        sample_rate_hz: Of the model's input.
        quantize: Whether model.tflite keeps its weights in eight bits.
        name: Of the served model.

    Returns:
        The scores of model.tflite for each named signal: float64 of shape [labels].

    Raises:
        ExportError: What was written does not answer the named signals as the trained model does, or a label cannot
            be one.
        WriteError: The draft cannot be written.
    """
    samples = int(model.inputs[0].shape[-1])
    windows = named_windows(samples, sample_rate_hz)
    with failed_writes_named(draft.parent, tf.errors.OpError, when_full=EXPORT_ADVICE):
        write_model(model, labels, draft, quantize=quantize)
        write_waveform(draft, samples, sample_rate_hz)
        write_warm_up(draft, name, [windows[signal] for signal in WARM_UP_SIGNALS])
    return compare_formats(model, labels, draft, windows, is_quantized=quantize)
