"""Ask a model server about the first 5 s of a clip, by Tears' own light protos.

    python clients/predict_tears.py cry.wav --server localhost:8500 --model cry

Needs tears-protos and tears-audio: 60 MiB, where the official stubs bring all of TensorFlow with them.
"""

import argparse

import grpc
import numpy as np
import soundfile

from tears.audio.constants import WINDOW_SAMPLES
from tears.audio.format import int16_from_float, to_mono
from tears.audio.window import make_model_input
from tears.audio.window_positions import native_window_samples
from tears.tfserving import tensors
from tears.tfserving.channels import direct_channel
from tears.tfserving.methods import PREDICT
from tears.tfserving.v1 import predict_pb2, tensor_pb2


def read_window(path: str, gain_db: float) -> bytes:
    """Return the first 5 s of a WAV or FLAC file for `serving_default`: float32, 110 250 samples at 22 050 Hz."""
    with soundfile.SoundFile(path) as file:
        rate_hz = file.samplerate
        frames = file.read(5 * rate_hz, dtype="float64", always_2d=True)
    native_samples = native_window_samples(rate_hz)
    mono = to_mono(int16_from_float(frames))
    window = make_model_input(np.pad(mono, (0, native_samples - len(mono))), gain_db, rate_hz)
    return window.astype("<f4").tobytes()


def predict(server: str, model: str, window: bytes) -> tuple[int, dict[str, float]]:
    """Return the version that answered, and its score for each label."""
    request = predict_pb2.PredictRequest(model_spec={"name": model})
    request.inputs["waveform"].CopyFrom(tensors.from_bytes(tensor_pb2.DT_FLOAT, [1, WINDOW_SAMPLES], window))
    with direct_channel(server) as channel:
        reply = PREDICT.on(channel)(request, timeout=10.0)
    scores = {label: tensors.numbers(tensor)[0] for label, tensor in reply.outputs.items()}
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
