"""The clients that people copy do what their README says, against our server."""

from __future__ import annotations

import math
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from integration.model_server.served import port_of, serving

from tears.tfserving.methods import GET_MODEL_METADATA, GET_MODEL_STATUS, PREDICT

CLIENTS = Path(__file__).parents[3] / "clients"


@pytest.fixture(scope="module")
def address(zoo: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(zoo / "cry", tmp_path_factory.mktemp("server") / "log") as (process, _):
        yield f"localhost:{port_of(process)}"


def tone(path: Path, *, seconds: float, rate_hz: int, channels: int) -> Path:
    """A tone at -46 dBFS peak, which 40 dB bring to half of full scale."""
    wave = 0.005 * np.sin(2 * np.pi * 441 * np.arange(round(seconds * rate_hz)) / rate_hz)
    soundfile.write(path, np.tile(wave[:, None], (1, channels)), rate_hz, subtype="PCM_16")
    return path


def run(client: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(CLIENTS / client), *arguments]
    environ = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    ("client", "name", "seconds", "rate_hz", "channels"),
    [
        ("predict_tears.py", "long.flac", 7.0, 44_100, 2),
        ("predict_tears.py", "short.wav", 2.5, 22_050, 1),
        ("predict_official.py", "long.flac", 7.0, 44_100, 2),
    ],
)
def test_a_clip_gets_a_score_per_label_the_likeliest_first(
    address: str, tmp_path: Path, client: str, name: str, seconds: float, rate_hz: int, channels: int
) -> None:
    clip = tone(tmp_path / name, seconds=seconds, rate_hz=rate_hz, channels=channels)
    ended = run(client, str(clip), "--server", address, "--model", "cry", "--gain-db", "40")
    assert ended.returncode == 0, ended.stderr
    head, *lines = ended.stdout.splitlines()
    assert head == f"{clip}: model cry, version 1"
    level = 0.5 * 2 / math.pi * min(seconds, 5) / 5
    assert [line.split(maxsplit=1)[1] for line in lines] == ["noise", "crying", "other noise"]
    # The quiet tone has 16 bits: it is not a perfect sine.
    assert [float(line.split()[0]) for line in lines] == pytest.approx([1 - level, level, 0.0], abs=2e-3)


def test_a_wrong_model_is_one_clear_line(address: str, tmp_path: Path) -> None:
    clip = tone(tmp_path / "clip.wav", seconds=5.0, rate_hz=22_050, channels=1)
    ended = run("predict_tears.py", str(clip), "--server", address, "--model", "dog")
    assert ended.returncode == 1
    assert ended.stderr == f"{address} says NOT_FOUND: Servable not found for request: Latest(dog)\n"


def test_the_schema_for_grpcurl_names_every_method_that_is_served() -> None:
    schema = (CLIENTS / "prediction_service.proto").read_text()
    package = re.search(r"^package (\S+);", schema, re.MULTILINE)
    assert package
    named = {
        f"/{package[1]}.{service}/{rpc}"
        for service, body in re.findall(r"^service (\w+) \{(.*?)^\}", schema, re.MULTILINE | re.DOTALL)
        for rpc in re.findall(r"rpc (\w+)\(", body)
    }
    assert named == {method.path for method in (PREDICT, GET_MODEL_METADATA, GET_MODEL_STATUS)}
