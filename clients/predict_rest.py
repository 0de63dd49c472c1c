"""Ask a model server about the first 5 s of a clip, over REST, with nothing but Python itself.

    python clients/predict_rest.py cry.wav --server http://localhost:8501 --model cry

Reads WAV files of 16 bits at 22 050 Hz; sox makes them from anything: sox cry.flac -b 16 -r 22050 -c 1 cry.wav
Works against our model server and against the stock tensorflow/serving alike.
"""

import argparse
import json
import sys
import urllib.error
import urllib.request
import wave
from array import array
from typing import Any

WAV_RATE_HZ = 22_050
WAV_SAMPLES = 5 * WAV_RATE_HZ  # 110 250: 5 s
WAV_FULL_SCALE = 32_768  # the model takes int16 / 32 768, in [-1, 1)
WAV_TOLERATED_OFFSET = 0.1  # a share of the loudest sample, and of what is full scale after the gain

# Not through the proxy that http_proxy names: the server is in the house.
OPENER_TO_SERVER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def read_window(path: str, gain_db: float) -> list[float]:
    """Return the first 5 s of a WAV file: 110 250 samples, mono, amplified, in [-1, 1)."""
    with wave.open(path, "rb") as file:
        if (file.getsampwidth(), file.getframerate()) != (2, WAV_RATE_HZ):
            raise ValueError(f"it must have 16 bits at {WAV_RATE_HZ} Hz: sox {path} -b 16 -r {WAV_RATE_HZ} OUT.wav")
        channels = file.getnchannels()
        frames = array("h", file.readframes(WAV_SAMPLES))
    if sys.byteorder == "big":
        frames.byteswap()
    gain = 10 ** (gain_db / 20)
    mixed = [sum(frames[i : i + channels]) / channels for i in range(0, len(frames), channels)]
    # Amplified by 45 dB, even a small offset of the microphone would be beyond full scale. One that takes less than a
    # tenth of the room remains.
    offset = sum(mixed) / max(1, len(mixed))
    room = min(max(map(abs, mixed), default=0.0), WAV_FULL_SCALE / max(gain, 1.0))
    if abs(offset) <= WAV_TOLERATED_OFFSET * room:
        offset = 0.0
    mono = [(sample - offset) * gain for sample in mixed]
    window = [min(max(sample, -WAV_FULL_SCALE), WAV_FULL_SCALE - 1) / WAV_FULL_SCALE for sample in mono]
    # Six digits are one 20th of a 16-bit step, and half as long as a float that is written in full.
    return [round(sample, 6) for sample in window] + [0.0] * (WAV_SAMPLES - len(window))


def ask(url: str, document: object = None) -> dict[str, Any]:
    """GET, or POST a document as JSON; return the JSON that comes back.

    Raises:
        RuntimeError: The server refuses, or nothing answers at its address.
    """
    body = None if document is None else json.dumps(document).encode()
    try:
        with OPENER_TO_SERVER.open(url, body, timeout=10.0) as reply:
            answer: dict[str, Any] = json.load(reply)
            return answer
    except urllib.error.HTTPError as error:
        with error:
            raise RuntimeError(f"{url} says {error.code}: {json.load(error)['error']}") from error
    except OSError as error:
        raise RuntimeError(f"{url}: {error}") from error


def predict(server: str, model: str, window: list[float]) -> dict[str, float]:
    """Return the score for each label."""
    answer = ask(f"{server}/v1/models/{model}:predict", {"instances": [window]})
    (scores,) = answer["predictions"]
    return {label: score[0] if isinstance(score, list) else score for label, score in scores.items()}


def main() -> None:
    """Print one line per label, the likeliest first."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clip")
    parser.add_argument("--server", default="http://localhost:8501")
    parser.add_argument("--model", default="cry")
    parser.add_argument("--gain-db", type=float, default=45.0)
    arguments = parser.parse_args()
    try:
        window = read_window(arguments.clip, arguments.gain_db)
    except (OSError, EOFError, ValueError, wave.Error) as error:
        raise SystemExit(f"{arguments.clip} cannot be read: {error}") from error
    try:
        scores = predict(arguments.server, arguments.model, window)
        metadata = ask(f"{arguments.server}/v1/models/{arguments.model}/metadata")
    except RuntimeError as error:
        raise SystemExit(str(error)) from error
    print(f"{arguments.clip}: model {arguments.model}, version {metadata['model_spec']['version']}")
    for label, score in sorted(scores.items(), key=lambda pair: -pair[1]):
        print(f"{score:8.5f}  {label}")


if __name__ == "__main__":
    main()
