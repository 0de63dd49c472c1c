"""Requests that TF Serving sends itself when it loads a version, so that the first real one finds it awake."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_log_pb2

from tears.audio.format import Signal
from tears.own_data.versions.version_files import INPUT, SIGNATURE, WARM_UP_FILE


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
            # Of silence one value travels, which stands for all that follow it.
            is_silent = not np.any(signal)
            values = 0.0 if is_silent else signal
            request.inputs[INPUT].CopyFrom(tf.make_tensor_proto(values, tf.float32, (1, len(signal))))
            log = prediction_log_pb2.PredictionLog(predict_log=prediction_log_pb2.PredictLog(request=request))
            records.write(log.SerializeToString(deterministic=True))
