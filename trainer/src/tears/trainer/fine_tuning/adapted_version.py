"""Write an adapted model as the next version, with its verdict and card. Needs TensorFlow."""

import functools
import shutil
from pathlib import Path

import tensorflow as tf

from tears.own_data.scoring.verdict import ModelVerdict, write_verdict
from tears.own_data.versions.proof import write_checksums
from tears.own_data.versions.version_files import TFLITE_FILE, WEIGHTLESS_FILES
from tears.trainer.disk_writes import failed_writes_named
from tears.trainer.exporting.comparison import (
    QUANTIZED_TOLERANCE,
    compare_signatures,
    in_order,
    named_windows,
    require_close,
    tflite_scores,
)
from tears.trainer.exporting.export import signatures_with_int16, to_tflite
from tears.trainer.exporting.version_folders import publish_version
from tears.trainer.fine_tuning.trainable_model import TrainableModel

_writing = functools.partial(
    failed_writes_named, when_full="free some space, or name a folder on another disk with --train_dir"
)


def write_adapted(draft: Path, model: TrainableModel, base: Path) -> Path:
    """Write both formats of an adapted model to a folder from `draft_version`, and compare them.

    Return the path of model.tflite, which a model server on a Raspberry Pi loads.

    Raises:
        WriteError: The disk does not take it.
        ExportError: model.tflite does not answer as the adapted model does, or a signature not as the others do.
    """
    tflite, head = draft / TFLITE_FILE, model.decision_head()
    with _writing(draft.parent, tf.errors.OpError):
        tf.saved_model.save(model.saved, str(draft), signatures=signatures_with_int16(model.saved))
        tflite.write_bytes(to_tflite(draft, quantize=True, head=head, labels=model.crying_first))
        for name in WEIGHTLESS_FILES:
            _copy(base / name, draft / name)
    served = tflite_scores(tflite, model.labels, model.input_name)
    for name, window in named_windows().items():
        trained = in_order(model.label_scores(window), model.labels)
        require_close(TFLITE_FILE, name, model.labels, served(window), trained, QUANTIZED_TOLERANCE)
    if head is not None:
        compare_signatures(tf.saved_model.load(str(draft)), tflite, model.crying_first, named_windows(), head)
    with _writing(draft.parent):
        write_checksums(draft)
    return tflite


def publish_adapted(draft: Path, verdict: ModelVerdict, card: str) -> Path:
    """Add verdict and card, give the version its number, and return its folder; raise WriteError if the disk fails."""
    with _writing(draft.parent):
        write_verdict(draft, verdict)
        (draft / "MODEL_CARD.md").write_text(card, encoding="utf-8")
    return publish_version(draft)


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)
    elif source.exists():
        shutil.copyfile(source, target)
