"""Ask a model server about the first 5 s of a clip, by the official tensorflow-serving-api.

    python clients/predict_official.py cry.wav --server localhost:8500 --model cry

Needs tensorflow-serving-api (which brings TensorFlow), soundfile and soxr; nothing of Tears. Works against our model
server and against the stock tensorflow/serving alike.
"""

import argparse

import grpc
import numpy as np
import soundfile
import soxr
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

INPUT_RATE_HZ = 22_050
INPUT_SHAPE = (1, 5 * INPUT_RATE_HZ)  # one window of 5 s: 110 250 samples
LARGEST_INPUT = 1 - 2**-15  # the model takes float32 in [-1, 1), int16 / 32 768
TOLERATED_OFFSET = 0.1  # a share of the loudest sample, and of what is full scale after the gain


def read_window(path: str, gain_db: float) -> np.ndarray:
    """Return the first 5 s of a WAV or FLAC file: float32, (1, 110 250), mono, amplified, at 22 050 Hz."""
    with soundfile.SoundFile(path) as file:
        rate_hz = file.samplerate
        frames = file.read(5 * rate_hz, dtype="float64", always_2d=True)
    mono = frames.mean(axis=1)
    # Amplified by 45 dB, even a small offset of the microphone would be beyond full scale. One that takes less than a
    # tenth of the room remains.
    offset = mono.mean() if mono.size else 0.0
    if abs(offset) > TOLERATED_OFFSET * min(np.abs(mono).max(initial=0.0), 10 ** (-max(gain_db, 0.0) / 20)):
        mono = mono - offset
    amplified = mono * 10 ** (gain_db / 20)
    resampled = soxr.resample(np.clip(amplified, -1.0, LARGEST_INPUT), rate_hz, INPUT_RATE_HZ)[: INPUT_SHAPE[1]]
    window = np.zeros(INPUT_SHAPE, np.float32)
    window[0, : len(resampled)] = np.clip(resampled, -1.0, LARGEST_INPUT)
    return window


def predict(server: str, model: str, window: np.ndarray) -> tuple[int, dict[str, float]]:
    """Return the version that answered, and its score for each label."""
    request = predict_pb2.PredictRequest()
    request.model_spec.name = model
    request.inputs["waveform"].CopyFrom(tf.make_tensor_proto(window))
    # Not through the proxy that http_proxy names: the server is in the house.
    with grpc.insecure_channel(server, [("grpc.enable_http_proxy", 0)]) as channel:
        stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        reply = stub.Predict(request, timeout=10.0)
    scores = {label: float(tf.make_ndarray(tensor).reshape(-1)[0]) for label, tensor in reply.outputs.items()}
    return reply.model_spec.version.value, scores


def main() -> None:
    """Print one line per label, the likeliest first."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clip")
    parser.add_argument("--server", default="localhost:8500")
    parser.add_argument("--model", default="cry")
    parser.add_argument("--gain-db", type=float, default=45.0)
    arguments = parser.parse_args()
    window = read_window(arguments.clip, arguments.gain_db)
    try:
        version, scores = predict(arguments.server, arguments.model, window)
    except grpc.RpcError as error:
        raise SystemExit(f"{arguments.server} says {error.code().name}: {error.details()}") from error
    print(f"{arguments.clip}: model {arguments.model}, version {version}")
    for label, score in sorted(scores.items(), key=lambda pair: -pair[1]):
        print(f"{score:8.5f}  {label}")


if __name__ == "__main__":
    main()
