"""Write a trained model as a version that servers load, and compare it with what was trained. Needs TensorFlow."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_log_pb2

from tears.audio.constants import FULL_SCALE
from tears.audio.format import Signal, int16_from_float
from tears.own_data.versions.decision_head import DecisionHead
from tears.own_data.versions.proof import write_checksums, write_expected_scores
from tears.own_data.versions.tflite_head import HEAD_TENSORS
from tears.own_data.versions.version_files import (
    EMBED_SIGNATURE,
    FEATURES,
    INPUT,
    INT16_SIGNATURE,
    LABELS_FILE,
    SIGNATURE,
    TFLITE_FILE,
    WARM_UP_FILE,
    write_waveform,
)
from tears.trainer.disk_writes import EXPORT_ADVICE, failed_writes_named
from tears.trainer.errors import ExportError
from tears.trainer.exporting.comparison import Scores, compare_formats, named_windows
from tears.trainer.exporting.decision_layer import append_head
from tears.trainer.exporting.int16_signature import append_int16_signature

# The signature and the named signal of each warm-up request: of a model with a head, and of another.
WARM_UP_REQUESTS: Final = (
    (SIGNATURE, "silence"),
    (INT16_SIGNATURE, "silence"),
    (INT16_SIGNATURE, "hiss"),
    (INT16_SIGNATURE, "cry-like"),
)
HEADLESS_WARM_UP_REQUESTS: Final = ((SIGNATURE, "silence"), (SIGNATURE, "hiss"), (SIGNATURE, "cry-like"))
# The name of the scores in the original's graph.
SOFTMAX: Final = "labels_softmax"


def write_version(
    model: Any,
    labels: Sequence[str],
    draft: Path,
    *,
    sample_rate_hz: int,
    quantize: bool = False,
    name: str = "cry",
    head: DecisionHead | None = None,
) -> dict[str, Scores]:
    """Write SavedModel, model.tflite, labels.txt, the waveform's rate and warm-up requests to a draft of a version.

    Its scores for the warm-up requests and the checksums of all these files show a server whether it is damaged.

    Model, labels, `quantize` and head are as for `write_model`, the draft is a folder from `draft_version`, `name` the
    name of the served model. Return the scores of model.tflite for each named signal, float64 [labels].

    Raises:
        ExportError: What was written does not answer the named signals as the trained model does, a label cannot be
            one, or the head does not fit the model.
        WriteError: The draft cannot be written.
    """
    samples = int(model.inputs[0].shape[-1])
    windows = named_windows(samples, sample_rate_hz)
    requests = HEADLESS_WARM_UP_REQUESTS if head is None else WARM_UP_REQUESTS
    with failed_writes_named(draft.parent, tf.errors.OpError, when_full=EXPORT_ADVICE):
        write_model(model, labels, draft, quantize=quantize, head=head)
        write_waveform(draft, samples, sample_rate_hz)
        write_warm_up(draft, name, requests, windows)
    scores = compare_formats(model, labels, draft, windows, is_quantized=quantize, head=head)
    with failed_writes_named(draft.parent, when_full=EXPORT_ADVICE):
        promised = [dict(zip(labels, scores[signal].tolist(), strict=True)) for _, signal in requests]
        write_expected_scores(draft, promised)
        write_checksums(draft)
    return scores


def check_labels(labels: Sequence[str], outputs: int) -> None:
    """Require one label for each output of the model, and labels that can name an output and fill a line.

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


def write_model(
    model: Any, labels: Sequence[str], folder: Path, *, quantize: bool, head: DecisionHead | None = None
) -> None:
    """Write SavedModel, model.tflite and labels.txt of a Keras model into an existing folder.

    Without a head the model maps float32 [n, samples] to logits, float32 [n, len(labels)]. With one it maps them to
    features, float32 [n, F]; the head gives the score of the first of two labels, and the second has the rest. The
    features then have a signature of their own, `embed`, and a third one, `serving_int16`, gives the same scores for a
    waveform of int16. A model without a head has one signature: interpreters run it without being told its name.

    The labels become the names of the outputs. `quantize` stores the weights of model.tflite in eight bits, except the
    head's; the SavedModel always has them as trained.

    Raises:
        ExportError: A label cannot be one, the head does not fit the model, or the model needs an operation that is not
            built into TFLite.
    """
    outputs = int(model.outputs[0].shape[-1])
    check_labels(labels, outputs if head is None else 2)
    if head is not None and len(head.weights) != outputs:
        raise ExportError(f"the head has {len(head.weights)} weights, and the model {outputs} features; fit it again")
    logits = model if head is None else head_logits(model, head)

    def scores(waveform: Any) -> dict[str, Any]:
        softmax = tf.nn.softmax(logits(waveform, training=False), name=SOFTMAX)  # [1, labels]
        return {label: softmax[:, k : k + 1] for k, label in enumerate(labels)}

    # From a tf.Module around the model the converter would make a TFLite that answers NaN, so an ExportArchive is used.
    # Nothing is tracked: the archive finds each weight through the endpoint, and would keep a tracked one twice.
    archive = tf.keras.export.ExportArchive()
    # One window in a request: a batch of variable size is slower, and no client sends more.
    waveform = tf.TensorSpec((1, int(model.inputs[0].shape[-1])), tf.float32, name=INPUT)
    archive.add_endpoint(SIGNATURE, scores, input_signature=[waveform])
    if head is not None:
        archive.add_endpoint(INT16_SIGNATURE, _of_int16(scores), input_signature=[_int16_twin(waveform)])
        archive.add_endpoint(
            EMBED_SIGNATURE, lambda waveform: {FEATURES: model(waveform, training=False)}, input_signature=[waveform]
        )
    archive.write_out(str(folder), verbose=False)
    (folder / TFLITE_FILE).write_bytes(to_tflite(folder, quantize=quantize, head=head, labels=labels))
    (folder / LABELS_FILE).write_text("".join(f"{label}\n" for label in labels), encoding="utf-8")


def signatures_with_int16(saved: Any) -> dict[str, Any]:
    """Return the signatures of a loaded SavedModel; one with a head gets `serving_int16` if it has none yet."""
    signatures = dict(saved.signatures)
    if EMBED_SIGNATURE in signatures and INT16_SIGNATURE not in signatures:
        serve = signatures[SIGNATURE]
        ((name, waveform),) = serve.structured_input_signature[1].items()
        scores = _of_int16(lambda floats: serve(**{name: floats}))
        signatures[INT16_SIGNATURE] = tf.function(scores, input_signature=[_int16_twin(waveform)])
    return signatures


def _int16_twin(waveform: Any) -> Any:
    return tf.TensorSpec(waveform.shape, tf.int16, name=waveform.name)


def _of_int16(scores: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a function of integers [1, samples] that gives what `scores` gives for the same waveform in [-1, 1)."""

    def of_integers(waveform: Any) -> Any:
        return scores(tf.cast(waveform, tf.float32) / FULL_SCALE)

    return of_integers


def head_logits(model: Any, head: DecisionHead) -> Callable[..., Any]:
    """Return a function like a Keras model from waveform to logits, float32 [n, 2]: the head's, and zero."""
    weights, bias = (tf.Variable(getattr(head, part), name=HEAD_TENSORS[part]) for part in ("weights", "bias"))
    # Fine-tuning trains every variable that says that it can be trained, and must leave the calibration as it is.
    scale, offset = (
        tf.Variable(getattr(head, part), trainable=False, name=HEAD_TENSORS[part]) for part in ("scale", "offset")
    )

    def logits(waveform: Any, *, training: bool) -> Any:
        weighted = tf.linalg.matmul(model(waveform, training=training), weights[:, tf.newaxis]) + bias  # [n, 1]
        calibrated = scale * weighted + offset
        return tf.concat([calibrated, tf.zeros_like(calibrated)], axis=1)

    return logits


def to_tflite(
    saved_model: Path, *, quantize: bool, head: DecisionHead | None = None, labels: Sequence[str] = ()
) -> bytes:
    """Return a SavedModel as a TFLite file of built-in operations only.

    With a head its signature `embed` is converted, and the head is added with the names of its two labels. `embed` and
    `serving_default` then use one graph, and `serving_int16` gets a copy of it.

    Raises:
        ExportError: An operation is not built in.
    """
    signature = SIGNATURE if head is None else EMBED_SIGNATURE
    converter = tf.lite.TFLiteConverter.from_saved_model(str(saved_model), signature_keys=[signature])
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    if quantize:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    try:
        content = bytes(converter.convert())
    except tf.lite.experimental.authoring.ConverterError as error:
        raise ExportError(f"the model needs what is not built into TFLite: {str(error).splitlines()[0]}") from error
    return content if head is None else append_int16_signature(append_head(content, head, labels))


def write_warm_up(
    folder: Path, model_name: str, requests: Iterable[tuple[str, str]], windows: Mapping[str, Signal]
) -> None:
    """Write the requests that TF Serving sends to itself when it loads a version, so that the first real one is fast.

    The file has a PredictionLog for each request, as TFRecords. A request is a signature and the name of a window; the
    windows are float32 [samples]. TF Serving replays the requests whatever model name is in them.
    """
    path = folder / WARM_UP_FILE
    path.parent.mkdir(exist_ok=True)
    with tf.io.TFRecordWriter(str(path)) as records:
        for signature, signal in requests:
            request = predict_pb2.PredictRequest()
            request.model_spec.name = model_name
            request.model_spec.signature_name = signature
            window = windows[signal] if signature == SIGNATURE else int16_from_float(windows[signal])
            # One zero stands for a whole window of silence.
            values = window if np.any(window) else window[:1]
            request.inputs[INPUT].CopyFrom(tf.make_tensor_proto(values, window.dtype, (1, len(window))))
            log = prediction_log_pb2.PredictionLog(predict_log=prediction_log_pb2.PredictLog(request=request))
            records.write(log.SerializeToString(deterministic=True))
