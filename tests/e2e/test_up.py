"""`tears up`: in real time, until Ctrl-C."""

from __future__ import annotations

import signal
from pathlib import Path

import numpy as np
import soundfile
from support.tears_command import descendants, start_tears, tears

DEADLINE_SECONDS = 60.0


def test_it_hears_until_the_input_ends_and_leaves_nothing_behind(scene: Path, tmp_path: Path) -> None:
    sound, rate_hz = soundfile.read(scene, stop=8 * 48_000, dtype="int16")
    soundfile.write(tmp_path / "short.wav", sound, rate_hz)
    result = tears("up", "--input", tmp_path / "short.wav", "--mic", "nursery", TMPDIR=str(tmp_path))
    assert result.returncode == 0, result.stdout + result.stderr
    assert "nursery: quiet" in result.stdout
    assert "nursery: ended" in result.stdout
    assert not list(tmp_path.glob("tears-*"))


def test_ctrl_c_drains_and_leaves_nothing_behind(scene: Path, tmp_path: Path) -> None:
    process = start_tears("up", "--input", scene, TMPDIR=str(tmp_path))
    assert process.stdout is not None
    for line in process.stdout:
        if "quiet at" in line or "crying at" in line:
            break
    family = [pid for pid, _ in descendants(process.pid)]
    assert len(family) >= 6  # Redis, the model server, the four services
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 0, output
    assert "draining" in output
    assert not [pid for pid in family if Path(f"/proc/{pid}/exe").exists()]
    assert not list(tmp_path.glob("tears-*"))


def test_without_an_input_it_says_what_to_give() -> None:
    result = tears("up")
    assert result.returncode == 1
    assert "--input FILE" in result.stderr


def test_a_room_without_an_input_is_an_error(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros(48_000, np.int16), 48_000)
    result = tears("up", "--mic", "a", "--mic", "b", "--input", tmp_path / "a.wav")
    assert result.returncode == 1
    assert "one --input for each --mic" in result.stderr.replace("\n", " ")
