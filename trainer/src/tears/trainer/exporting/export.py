"""Writes a trained model as servers load it, and compares it with what was trained. Needs TensorFlow."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import tensorflow as tf

from tears.audio.format import Signal, float_from_int16
from tears.own_data.sounds.named_signals import named_signals
from tears.own_data.versions.version_files import write_waveform
from tears.trainer.errors import ExportError
from tears.trainer.exporting.comparison import (
    QUANTIZED_TOLERANCE,
    TOLERANCE,
    Scores,
    compare,
)
from tears.trainer.exporting.formats import write_model
from tears.trainer.exporting.version_folders import new_version, next_number, replace_files
from tears.trainer.exporting.warm_up import write_warm_up
from tears.trainer.speech_commands.architectures import ModelSettings
from tears.trainer.speech_commands.whole_files import native_reason

__all__ = ["export", "export_over"]

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
    with new_version(folder) as place:
        _write(model, labels, place, settings, model_name)
        return next_number(place, folder)


def export_over(
    model: Any, labels: Sequence[str], path: Path, settings: ModelSettings, *, model_name: str = "cry"
) -> Mapping[str, Scores]:
    """Writes a version of a given number, in place of what an earlier export left there; other files stay.

    Args:
        model: As for `export`.
        labels: Likewise.
        path: The version's folder; made if it is not there.
        settings: As for `export`.
        model_name: Likewise.

    Returns:
        What model.tflite says of each named signal: float64 of shape [labels].

    Raises:
        ExportError: As for `export`; what was there is as it was.
    """
    with new_version(path.parent) as place:
        scores = _write(model, labels, place, settings, model_name)
        replace_files(place, path)
    return scores


def _write(
    model: Any, labels: Sequence[str], place: Path, settings: ModelSettings, model_name: str
) -> Mapping[str, Scores]:
    windows = _named_windows(settings)
    try:
        write_model(model, labels, place, quantize=settings.quantize)
        write_waveform(place, settings.clip_samples, settings.sample_rate_hz)
        write_warm_up(place, model_name, {name: windows[name] for name in WARM_UP_SIGNALS})
    except (OSError, tf.errors.OpError) as error:
        reason = native_reason(str(error) or repr(error))
        raise ExportError(
            f"{place.parent} cannot be written ({reason}); free some space, or export to another folder"
        ) from error
    return compare(model, labels, place, windows, tolerance=_tolerance(settings))


def _tolerance(settings: ModelSettings) -> float:
    return QUANTIZED_TOLERANCE if settings.quantize else TOLERANCE


def _named_windows(settings: ModelSettings) -> dict[str, Signal]:
    """The named signals as a server is sent them: in steps of int16.

    Between the lines of a tone that is finer than that, a spectrum is nothing but rounding, and its logarithm differs
    from one program to the next.
    """
    signals = named_signals(settings.clip_samples, settings.sample_rate_hz)
    return {name: float_from_int16(np.round(signal * 32767).astype(np.int16)) for name, signal in signals.items()}
