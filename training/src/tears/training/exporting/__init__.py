"""Writes a trained model as servers load it, and compares it with what was trained. Needs TensorFlow."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import tensorflow as tf

from tears.training.acoustics import Signal
from tears.training.architectures import ModelSettings
from tears.training.errors import ExportError
from tears.training.exporting.comparison import compare
from tears.training.exporting.serving import write_model
from tears.training.exporting.versions import new_version
from tears.training.exporting.warm_up import write_warm_up
from tears.training.frontend import as_waveform
from tears.training.signals import named_signals

__all__ = ["export"]

WARM_UP_SIGNALS: Final = ("silence", "hiss", "cry-like")


def export(
    model: Any, labels: Sequence[str], folder: Path, settings: ModelSettings, *, model_name: str = "cry"
) -> Path:
    """Writes the next version: SavedModel, model.tflite, labels.txt and warm-up requests.

    The version appears under its number only when all of it is written and answers the named signals as the trained
    model does.

    Args:
        model: A Keras model, float32 [n, clip_samples] to logits float32 [n, len(labels)].
        labels: In the order of the logits; also the names of the signature's outputs.
        folder: Of the versions; made if it is not there.
        settings: Of the clip, and whether to quantize.
        model_name: By which it will be served.

    Returns:
        The version's folder, `folder/<number>`.

    Raises:
        ExportError: What was written answers otherwise than the trained model, a label cannot be one, or the folder
            cannot be written. Nothing is left behind.
    """
    signals = _named_windows(settings)
    try:
        with new_version(folder) as version:
            write_model(model, labels, version.unfinished, quantize=settings.quantize)
            write_warm_up(version.unfinished, model_name, {name: signals[name] for name in WARM_UP_SIGNALS})
            compare(model, labels, version.unfinished, signals, quantized=settings.quantize)
    except (OSError, tf.errors.OpError) as error:
        raise ExportError(f"{folder} cannot be written: {error}; free some space and export again") from error
    if version.path is None:
        raise ExportError(f"{folder} got no new version")
    return version.path


def _named_windows(settings: ModelSettings) -> dict[str, Signal]:
    """The named signals as a server is sent them: in steps of int16.

    Between the lines of a tone that is finer than that, a spectrum is nothing but rounding, and its logarithm differs
    from one program to the next.
    """
    signals = named_signals(settings.clip_samples, settings.sample_rate_hz)
    return {name: as_waveform(np.round(signal * 32767).astype(np.int16)) for name, signal in signals.items()}
