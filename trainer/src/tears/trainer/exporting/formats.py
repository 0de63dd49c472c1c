"""Write a model as SavedModel and TFLite: waveform in, one named score per label out. Needs TensorFlow."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import tensorflow as tf

from tears.own_data.versions.version_files import INPUT, LABELS_FILE, SIGNATURE, TFLITE_FILE
from tears.trainer.errors import ExportError

# The name of the scores in the original's graph.
SOFTMAX: Final = "labels_softmax"


def check_labels(labels: Sequence[str], outputs: int) -> None:
    """Require one label for each output of the model, and that each can name an output and fill a line.

    Raises:
        ExportError: The number is wrong, or a label is empty, occurs twice, or has a line end, or space at its ends.
    """
    if len(labels) != outputs:
        raise ExportError(f"the model has {outputs} outputs, and there are {len(labels)} labels: {', '.join(labels)}")
    for label in labels:
        if not label or label != label.strip() or not label.isprintable():
            raise ExportError(f"{label!r} cannot be a label: use printable characters without space at either end")
    twice = sorted({label for label in labels if labels.count(label) > 1})
    if twice:
        raise ExportError(f"{', '.join(twice)}: a label occurs twice; give each a name of its own")


def write_model(model: Any, labels: Sequence[str], folder: Path, *, quantize: bool) -> None:
    """Write SavedModel, model.tflite and labels.txt.

    Args:
        model: A Keras model, float32 [n, samples] to logits float32 [n, len(labels)].
        labels: In the order of the logits; they become the names of the outputs, unchanged.
        folder: An existing folder.
        quantize: Whether model.tflite has its weights in eight bits. The SavedModel always has them as trained.

    Raises:
        ExportError: A label cannot be one, or the model needs an operation that is not built into TFLite.
    """
    check_labels(labels, int(model.outputs[0].shape[-1]))

    def scores(waveform: Any) -> dict[str, Any]:
        softmax = tf.nn.softmax(model(waveform, training=False), name=SOFTMAX)  # [1, labels]
        return {label: softmax[:, k : k + 1] for k, label in enumerate(labels)}

    # The converter makes a TFLite that answers NaN from a tf.Module around the model, so an ExportArchive is used.
    # Nothing is tracked: the archive follows the endpoint to each weight, and would keep a tracked one twice.
    archive = tf.keras.export.ExportArchive()
    # One window a request: a batch of open size is slower, and no client sends more.
    waveform = tf.TensorSpec((1, int(model.inputs[0].shape[-1])), tf.float32, name=INPUT)
    archive.add_endpoint(SIGNATURE, scores, input_signature=[waveform])
    archive.write_out(str(folder), verbose=False)
    (folder / TFLITE_FILE).write_bytes(to_tflite(folder, quantize=quantize))
    (folder / LABELS_FILE).write_text("".join(f"{label}\n" for label in labels), encoding="utf-8")


def to_tflite(saved_model: Path, *, quantize: bool) -> bytes:
    """Return a SavedModel as a TFLite file of built-in operations only.

    Raises:
        ExportError: An operation is not built in.
    """
    converter = tf.lite.TFLiteConverter.from_saved_model(str(saved_model), signature_keys=[SIGNATURE])
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    if quantize:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    try:
        return bytes(converter.convert())
    except tf.lite.experimental.authoring.ConverterError as error:
        raise ExportError(f"the model needs what is not built into TFLite: {str(error).splitlines()[0]}") from error
