"""Run the real sox, which defines what `vol 45 dB rate 22050` means."""

import shutil
import subprocess
import wave
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray


def run_sox(folder: Path, sound: NDArray[np.int16] | Path, rate_hz: int, *effects: str) -> NDArray[np.int16]:
    """Run one channel, int16 (n,) or a file of it, through effects of sox; return int16 (m,)."""
    program = shutil.which("sox")
    if program is None:
        pytest.fail("this test compares with the sox program, and there is none on PATH: apt-get install sox")
    recorded, made = folder / "recorded.wav", folder / "made.wav"
    if isinstance(sound, Path):
        recorded = sound
    else:
        with wave.open(str(recorded), "wb") as file:
            file.setparams((1, 2, rate_hz, 0, "NONE", ""))
            file.writeframes(sound.astype("<i2").tobytes())
    # -D: otherwise sox adds dither, and two runs differ. -V1: otherwise it warns about every clipped sample.
    subprocess.run([program, "-D", "-V1", recorded, "-b", "16", "-e", "signed", made, *effects], check=True)
    with wave.open(str(made), "rb") as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.int16)
