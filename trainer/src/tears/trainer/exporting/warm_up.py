"""Write the requests that TF Serving sends to itself when it loads a version, so that the first real one is fast."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_log_pb2

from tears.audio.format import Signal
from tears.own_data.versions.version_files import INPUT, SIGNATURE, WARM_UP_FILE


def write_warm_up(folder: Path, model_name: str, windows: Iterable[Signal]) -> None:
    """Write one PredictionLog for each window, as TFRecords.

    Args:
        folder: The version's.
        model_name: Of the served model; TF Serving replays the requests under any name.
        windows: Each float32 of shape [samples].
    """
    path = folder / WARM_UP_FILE
    path.parent.mkdir(exist_ok=True)
    with tf.io.TFRecordWriter(str(path)) as records:
        for window in windows:
            request = predict_pb2.PredictRequest()
            request.model_spec.name = model_name
            request.model_spec.signature_name = SIGNATURE
            # One zero stands for a whole window of silence.
            values = window if np.any(window) else 0.0
            request.inputs[INPUT].CopyFrom(tf.make_tensor_proto(values, tf.float32, (1, len(window))))
            log = prediction_log_pb2.PredictionLog(predict_log=prediction_log_pb2.PredictLog(request=request))
            records.write(log.SerializeToString(deterministic=True))
