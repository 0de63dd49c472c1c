"""A night whose windows have known scores: each second is loud or quiet, and a window is judged by its last second."""

from pathlib import Path

import numpy as np
import soundfile
from support.redis.detections import LOUD, QUIET

from tears.audio.constants import MODEL_RATE_HZ, WINDOW_SECONDS
from tears.tfserving.v1 import predict_pb2

NIGHT_RATE_HZ = 8_000
EPISODES = 12
# Enough to open an episode, and enough quiet to close it, with the policy of the tests.
CRYING_SECONDS, QUIET_SECONDS = 8, 14

IS_LOUD = [False] * 8 + ([True] * CRYING_SECONDS + [False] * QUIET_SECONDS) * EPISODES
WINDOWS = len(IS_LOUD) - WINDOW_SECONDS + 1

_LOUD_AMPLITUDE, _QUIET_AMPLITUDE = 12_000, 300
_LOUD_RMS = 0.05


def write_night(path: Path) -> None:
    """Write the sound of the night to a WAV file."""
    amplitudes = np.repeat([_LOUD_AMPLITUDE if loud else _QUIET_AMPLITUDE for loud in IS_LOUD], NIGHT_RATE_HZ)
    noise = np.random.default_rng(3).choice([-1, 1], len(amplitudes))
    soundfile.write(path, (amplitudes * noise).astype(np.int16), NIGHT_RATE_HZ)


def expected_score(index: int) -> float:
    """Return the score of a window of the night."""
    return LOUD if IS_LOUD[index + WINDOW_SECONDS - 1] else QUIET


def judge(request: predict_pb2.PredictRequest) -> dict[str, float]:
    """Answer a window as a model does that hears only loudness."""
    (tensor,) = request.inputs.values()
    waveform = np.frombuffer(tensor.tensor_content, np.float32)
    last_second = waveform[-MODEL_RATE_HZ:]
    score = LOUD if float(np.sqrt(np.mean(last_second**2))) > _LOUD_RMS else QUIET
    return {"crying": score, "other": 1.0 - score}
