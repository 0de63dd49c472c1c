"""Writes an adapted model as the next version, with its verdict. Needs TensorFlow."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter

from tears.audio.format import float_from_int16
from tears.own_data.scoring.native_silence import native_silence
from tears.own_data.scoring.verdict import Verdict, write_verdict
from tears.own_data.sounds.named_signals import named_signals
from tears.own_data.versions.version_files import LABELS_FILE, SIGNATURE, TFLITE_FILE, WAVEFORM_FILE
from tears.trainer.errors import ExportError
from tears.trainer.exporting.comparison import QUANTIZED_TOLERANCE
from tears.trainer.exporting.formats import to_tflite
from tears.trainer.exporting.version_folders import next_number
from tears.trainer.fine_tuning.trainable_model import Pupil
from tears.trainer.speech_commands.whole_files import native_reason

# What does not change with the weights: the labels, the waveform's rate, and the requests that warm a server up.
KEPT: Final = (LABELS_FILE, WAVEFORM_FILE, "assets.extra")


class AdaptedModel:
    """A version that is being written; it appears under its number when the block in which it is made has ended well.

    Use as::

        with new_version(folder) as place:
            adapted = AdaptedModel(place, pupil, base)
            ...
            path = adapted.finish(verdict, card)
    """

    def __init__(self, place: Path, pupil: Pupil, base: Path) -> None:
        """Writes both formats and compares them.

        Args:
            place: As `new_version` lends it.
            pupil: What was adapted.
            base: The version that it was adapted from.

        Raises:
            ExportError: The disk does not take it, or what was written answers otherwise.
        """
        self._place = place
        try:
            tf.saved_model.save(pupil.saved, str(place), signatures=pupil.saved.signatures)
            (place / TFLITE_FILE).write_bytes(to_tflite(place, quantize=True))
            for name in KEPT:
                _copy(base / name, place / name)
        except (OSError, tf.errors.OpError) as error:
            raise _cannot_write(place, error) from error
        _compare(pupil, place)

    @property
    def tflite(self) -> Path:
        """The file that a Pi's server loads."""
        return self._place / TFLITE_FILE

    def finish(self, verdict: Verdict, card: str) -> Path:
        """Adds verdict and card, and gives the version its number.

        Raises:
            ExportError: The disk does not take it.
        """
        try:
            write_verdict(self._place, verdict)
            (self._place / "MODEL_CARD.md").write_text(card, encoding="utf-8")
        except OSError as error:
            raise _cannot_write(self._place, error) from error
        return next_number(self._place, self._place.parent)


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)
    elif source.exists():
        shutil.copyfile(source, target)


def _compare(pupil: Pupil, place: Path) -> None:
    runner = Interpreter(model_path=str(place / TFLITE_FILE), num_threads=1).get_signature_runner(SIGNATURE)
    for name, samples in named_signals().items():
        # As a server is sent them, in steps of int16: between the lines of a finer tone there is nothing but rounding.
        signal = float_from_int16(np.round(samples * 32767).astype(np.int16))
        # LiteRT tells of its delegate once it first runs.
        with native_silence():
            served = _all_scores(runner(**{pupil.input_name: signal[np.newaxis]}))
        learnt = _all_scores(pupil.served(signal))
        apart = max(abs(served[label] - learnt[label]) for label in learnt)
        if not apart <= QUANTIZED_TOLERANCE:
            raise ExportError(f"{name}: model.tflite and the adapted model are {apart:.2g} apart; nothing was exported")


def _all_scores(outputs: Mapping[str, Any]) -> dict[str, float]:
    return {label: float(np.asarray(value).reshape(())) for label, value in outputs.items()}


def _cannot_write(place: Path, error: Exception) -> ExportError:
    said = native_reason(str(error) or repr(error))
    return ExportError(f"{place.parent} cannot be written ({said}); free some space, or name another --train_dir")
