"""Requests that TF Serving sends itself when it loads a version, so that the first real one finds it awake."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_log_pb2

from tears.training.acoustics import Signal
from tears.training.exporting.serving import INPUT, SIGNATURE

WARM_UP_FILE: Final = Path("assets.extra", "tf_serving_warmup_requests")


def write_warm_up(folder: Path, model_name: str, signals: Mapping[str, Signal]) -> None:
    """Writes one PredictionLog for each signal, as records.

    Args:
        folder: The version's.
        model_name: By which the model is served; TF Serving replays the requests whatever it is.
        signals: Each float32 of shape [samples].
    """
    path = folder / WARM_UP_FILE
    path.parent.mkdir(exist_ok=True)
    with tf.io.TFRecordWriter(str(path)) as records:
        for signal in signals.values():
            request = predict_pb2.PredictRequest()
            request.model_spec.name = model_name
            request.model_spec.signature_name = SIGNATURE
            request.inputs[INPUT].CopyFrom(tf.make_tensor_proto(signal[None], tf.float32))
            log = prediction_log_pb2.PredictionLog(predict_log=prediction_log_pb2.PredictLog(request=request))
            records.write(log.SerializeToString(deterministic=True))
