"""Compare the preprocessor's arithmetic with sox: a process for each clip, as in the blog, and one long file.

Both do `trim 0 5 vol 45 dB rate 22050`. Their filters differ a little just below the lower Nyquist frequency, where the
tones compared here have nothing, so the results are equal within a few steps of 16 bits; except at the edges of a
window, which begins and ends in silence for us, and not for sox with a long file.
"""

import resource
import shutil
import statistics
import subprocess
import time
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from rich.console import Console

from bench.bench_figure import BenchFigure
from tears.audio.constants import MODEL_RATE_HZ, WINDOW_SAMPLES, WINDOW_SECONDS
from tears.audio.gain import MAX_GAIN_DB
from tears.audio.window import make_window

# As in the tests of voices.
LARGEST_DIFFERENCE = 3
BAR_CLIP_SHARE = 0.5
BAR_LONG_FILE_SHARE = 1.0
_COMPARED_RATE_HZ = 48_000
_LONG_FILE_SECONDS = 300
_CLIPS = 20
_LONG_FILE_RUNS = 5
_EDGE_SAMPLES = 256
_TONES_HZ = (440, 880, 1_320, 2_640)
_TONE_AMPLITUDE = 30.0


def measure(folder: Path, console: Console) -> list[BenchFigure]:
    """Return our CPU time as a share of that of sox; nothing, with a word about it, where sox is missing."""
    program = shutil.which("sox")
    if program is None:
        console.print("not compared with sox, which is missing: sudo apt install sox")
        return []
    times = np.arange(_LONG_FILE_SECONDS * _COMPARED_RATE_HZ) / _COMPARED_RATE_HZ
    tones = [np.sin(2 * np.pi * tone * times) for tone in _TONES_HZ]
    sound = (_TONE_AMPLITUDE * np.sum(tones, axis=0)).astype(np.int16)
    clip = sound[: WINDOW_SECONDS * _COMPARED_RATE_HZ]
    effects = ["vol", f"{MAX_GAIN_DB:g}", "dB", "rate", str(MODEL_RATE_HZ)]
    return [
        _compare(
            "a clip, beside a process of sox for it",
            clip,
            _Sox(program, clip, folder, ["trim", "0", str(WINDOW_SECONDS), *effects]),
            _CLIPS,
            BAR_CLIP_SHARE,
        ),
        _compare(
            f"{_LONG_FILE_SECONDS} s of windows, beside sox with one file",
            sound,
            _Sox(program, sound, folder, effects),
            _LONG_FILE_RUNS,
            BAR_LONG_FILE_SHARE,
        ),
    ]


class _Sox:
    """One file, and what sox makes of it."""

    def __init__(self, program: str, sound: Any, folder: Path, effects: list[str]) -> None:
        given, self._made = folder / "given.wav", folder / "made.wav"
        soundfile.write(given, sound, _COMPARED_RATE_HZ)
        # -D: no dither, which would be another sound each time.
        self._command = [program, "-D", str(given), str(self._made), *effects]
        self.run()
        self.samples, _ = soundfile.read(self._made, dtype="int16")

    def run(self) -> None:
        subprocess.run(self._command, check=True, capture_output=True)


def _compare(what: str, sound: Any, sox: _Sox, runs: int, bar: float) -> BenchFigure:
    """Run both in turns, after a check that they agree; reading and writing of files is a part of what sox costs."""
    difference = np.abs(_windows(sound).astype(np.int32) - sox.samples.reshape(-1, WINDOW_SAMPLES))
    largest = difference[:, _EDGE_SAMPLES:-_EDGE_SAMPLES].max()
    if largest > LARGEST_DIFFERENCE:
        raise SystemExit(f"{what}: a sample differs by {largest}, so the times cannot be compared")
    own_seconds, sox_seconds = [], []
    for _ in range(runs):
        began = time.thread_time()
        _windows(sound)
        own_seconds.append(time.thread_time() - began)
        before = _children_seconds()
        sox.run()
        sox_seconds.append(_children_seconds() - before)
    own, other = statistics.median(own_seconds), statistics.median(sox_seconds)
    note = f"{1e3 * own:.1f} and {1e3 * other:.1f} ms of CPU, median of {runs}"
    return BenchFigure(f"arithmetic of {what}", own / other, "times", bar, note=note)


def _windows(sound: Any) -> Any:
    """Return the windows of a sound one after the other, int16, (n, 110 250)."""
    parts = sound.reshape(-1, WINDOW_SECONDS * _COMPARED_RATE_HZ)
    return np.stack([make_window(part, _COMPARED_RATE_HZ, MAX_GAIN_DB).samples for part in parts])


def _children_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
