"""Generate spoken sentences with espeak-ng."""

import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

import numpy as np
import soundfile
import soxr

from tears.audio.constants import MODEL_RATE_HZ, WINDOW_SAMPLES
from tears.audio.format import Signal

SPOKEN_SENTENCES: Final = (
    "Did you lock the front door?",
    "Dinner is ready, come down please.",
    "Where have you put my keys?",
    "I think it will rain again tomorrow.",
    "Good night, sleep well, see you in the morning.",
    "The bus was late and I had to walk all the way home.",
    "Have you called your mother yet?",
    "One two three four five six seven eight.",
    "No, that one is not mine. Is it yours?",
    "And now the news at ten o'clock.",
    "Once upon a time there was a little house in the woods.",
    "Oh wow, look at that, how lovely!",
)


def spoken_sentences(rng: np.random.Generator, count: int = 160) -> list[Signal]:
    """Return sentences spoken by espeak-ng in many voices; none if it is not installed.

    They are float32, 1 to 5 s at 22 050 Hz.
    """
    if shutil.which("espeak-ng") is None:
        return []
    sentences = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sentence.wav"
        for _ in range(count):
            variant = rng.choice(["", "+f1", "+f2", "+f3", "+f4", "+f5", "+m1", "+m3", "+m7", "+whisper", "+croak"])
            language = rng.choice(["en-gb", "en-us", "de", "fr", "es", "it", "pl", "cmn"])
            text = str(rng.choice(SPOKEN_SENTENCES))
            pitch, speed = str(rng.integers(10, 99)), str(rng.integers(110, 230))
            command = ["espeak-ng", "-v", f"{language}{variant}", "-p", pitch, "-s", speed, "-w", str(path), text]
            subprocess.run(command, check=True, capture_output=True)  # noqa: S603 (a program of the system, fixed words)
            samples, rate_hz = soundfile.read(path, dtype="float32")
            sentences.append(np.asarray(soxr.resample(samples, rate_hz, MODEL_RATE_HZ), np.float32)[:WINDOW_SAMPLES])
    return sentences
