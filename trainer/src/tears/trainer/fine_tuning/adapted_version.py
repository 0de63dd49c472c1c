"""Write an adapted model as the next version, with its verdict and card. Needs TensorFlow."""

import functools
import shutil
from pathlib import Path
from typing import Final

import tensorflow as tf

from tears.own_data.scoring.verdict import ModelVerdict, write_verdict
from tears.own_data.versions.version_files import LABELS_FILE, TFLITE_FILE, WARM_UP_FILE, WAVEFORM_FILE
from tears.trainer.disk_writes import failed_writes_named
from tears.trainer.exporting.comparison import (
    QUANTIZED_TOLERANCE,
    in_order,
    named_windows,
    require_close,
    tflite_scores,
)
from tears.trainer.exporting.export import to_tflite
from tears.trainer.exporting.version_folders import publish_version
from tears.trainer.fine_tuning.trainable_model import TrainableModel

# What does not depend on the weights: the labels, the waveform's rate, and the warm-up requests.
COPIED_FILES: Final = (LABELS_FILE, WAVEFORM_FILE, WARM_UP_FILE.parent)

_writing = functools.partial(
    failed_writes_named, when_full="free some space, or name a folder on another disk with --train_dir"
)


class AdaptedVersion:
    """A version that is being written in a draft folder; `publish` gives it its number.

    Use as::

        with draft_version(folder) as draft:
            adapted = AdaptedVersion(draft, model, base)
            ...
            path = adapted.publish(verdict, card)
    """

    def __init__(self, draft: Path, model: TrainableModel, base: Path) -> None:
        """Write both formats and compare them.

        Args:
            draft: A folder from `draft_version`.
            model: The adapted model.
            base: The version that it was adapted from.

        Raises:
            WriteError: The disk does not take it.
            ExportError: model.tflite does not answer as the adapted model does.
        """
        self._draft = draft
        with _writing(draft.parent, tf.errors.OpError):
            tf.saved_model.save(model.saved, str(draft), signatures=model.saved.signatures)
            self.tflite.write_bytes(to_tflite(draft, quantize=True))
            for name in COPIED_FILES:
                _copy(base / name, draft / name)
        labels = sorted(model.label_scores(named_windows()["silence"]))
        served = tflite_scores(self.tflite, labels, model.input_name)
        for name, window in named_windows().items():
            trained = in_order(model.label_scores(window), labels)
            require_close(TFLITE_FILE, name, labels, served(window), trained, QUANTIZED_TOLERANCE)

    @property
    def tflite(self) -> Path:
        """Return the file that a model server on a Pi loads."""
        return self._draft / TFLITE_FILE

    def publish(self, verdict: ModelVerdict, card: str) -> Path:
        """Add verdict and card, and give the version its number.

        Returns:
            The version's folder.

        Raises:
            WriteError: The disk does not take it.
        """
        with _writing(self._draft.parent):
            write_verdict(self._draft, verdict)
            (self._draft / "MODEL_CARD.md").write_text(card, encoding="utf-8")
        return publish_version(self._draft)


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)
    elif source.exists():
        shutil.copyfile(source, target)
