"""The clients in `clients/` do what their README says, with our server."""

import math
import os
import re
import runpy
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import grpc
import numpy as np
import pytest
import soundfile
from google.protobuf import json_format
from grpc_health.v1 import health_pb2
from integration.model_server.rest.rest_client import rest_client
from integration.model_server.served import port_of, serving
from support.places import ROOT

from tears.tfserving.methods import METHODS

CLIENTS = ROOT / "clients"


@pytest.fixture(scope="module")
def addresses(zoo: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Return the addresses of gRPC and REST."""
    log_path = tmp_path_factory.mktemp("server") / "log"
    with serving(zoo / "cry", log_path, flags=["--rest_api_port=-1"]) as (process, _):
        yield f"localhost:{port_of(process)}", f"http://localhost:{rest_client(process).port}"


@pytest.fixture
def address(addresses: tuple[str, str]) -> str:
    return addresses[0]


@pytest.fixture
def rest_address(addresses: tuple[str, str]) -> str:
    return addresses[1]


def tone(path: Path, *, seconds: float, rate_hz: int, channels: int, offset: float = 0.0) -> Path:
    """Return a tone with a peak of -46 dBFS; 40 dB of gain bring it to half of full scale."""
    wave = offset + 0.005 * np.sin(2 * np.pi * 441 * np.arange(round(seconds * rate_hz)) / rate_hz)
    soundfile.write(path, np.tile(wave[:, None], (1, channels)), rate_hz, subtype="PCM_16")
    return path


def run(client: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(CLIENTS / client), *arguments]
    environ = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=100, check=False)


@pytest.mark.parametrize(
    ("client", "name", "seconds", "rate_hz", "channels"),
    [
        ("predict_tears.py", "long.flac", 7.0, 44_100, 2),
        ("predict_tears.py", "short.wav", 2.5, 22_050, 1),
        ("predict_official.py", "long.flac", 7.0, 44_100, 2),
        ("predict_rest.py", "long.wav", 7.0, 22_050, 2),
        ("predict_rest.py", "short.wav", 2.5, 22_050, 1),
    ],
)
def test_a_clip_gets_a_score_per_label_the_likeliest_first(
    addresses: tuple[str, str], tmp_path: Path, client: str, name: str, seconds: float, rate_hz: int, channels: int
) -> None:
    address = addresses[client == "predict_rest.py"]
    clip = tone(tmp_path / name, seconds=seconds, rate_hz=rate_hz, channels=channels)
    ended = run(client, str(clip), "--server", address, "--model", "cry", "--gain-db", "40")
    assert ended.returncode == 0, ended.stderr
    head, *lines = ended.stdout.splitlines()
    assert head == f"{clip}: model cry, version 1"
    level = 0.5 * 2 / math.pi * min(seconds, 5) / 5
    assert [line.split(maxsplit=1)[1] for line in lines] == ["noise", "crying", "other noise"]
    # With 16 bits the quiet tone is not a perfect sine.
    assert [float(line.split()[0]) for line in lines] == pytest.approx([1 - level, level, 0.0], abs=2e-3)


@pytest.mark.parametrize("client", ["predict_tears.py", "predict_official.py", "predict_rest.py"])
def test_an_offset_of_the_microphone_changes_no_score(addresses: tuple[str, str], tmp_path: Path, client: str) -> None:
    clip = tone(tmp_path / "clip.wav", seconds=5.0, rate_hz=22_050, channels=1, offset=0.02)
    address = addresses[client == "predict_rest.py"]
    ended = run(client, str(clip), "--server", address, "--model", "cry", "--gain-db", "40")
    assert ended.returncode == 0, ended.stderr
    scores = {
        label: float(score) for score, label in (line.split(maxsplit=1) for line in ended.stdout.splitlines()[1:])
    }
    assert scores["crying"] == pytest.approx(0.5 * 2 / math.pi, abs=3e-3)


@pytest.mark.parametrize("client", ["predict_official.py", "predict_rest.py"])
@pytest.mark.parametrize(("offset", "remains"), [(0.0004, True), (0.0006, False), (0.02, False)])
def test_only_an_offset_that_takes_more_than_a_tenth_of_the_room_is_removed_as_in_the_pipeline(
    tmp_path: Path, client: str, offset: float, *, remains: bool
) -> None:
    clip = tone(tmp_path / "clip.wav", seconds=5.0, rate_hz=22_050, channels=1, offset=offset)
    read_window = runpy.run_path(str(CLIENTS / client))["read_window"]
    sent = np.frombuffer(runpy.run_path(str(CLIENTS / "predict_tears.py"))["read_window"](str(clip), 40.0), "<f4")
    made = np.array(read_window(str(clip), 40.0)).reshape(-1)
    assert abs(sent.mean()) == pytest.approx(100 * offset if remains else 0.0, abs=2e-3)
    assert np.abs(made - sent).max() < 2e-3


def test_a_wrong_model_is_one_clear_line(address: str, tmp_path: Path) -> None:
    clip = tone(tmp_path / "clip.wav", seconds=5.0, rate_hz=22_050, channels=1)
    ended = run("predict_tears.py", str(clip), "--server", address, "--model", "dog")
    assert ended.returncode == 1
    assert ended.stderr == f"{address} says NOT_FOUND: Servable not found for request: Latest(dog)\n"


@pytest.mark.parametrize(
    ("rate_hz", "arguments", "says"),
    [
        (22_050, ["--model", "dog"], "dog:predict says 404: Servable not found for request: Latest(dog)"),
        (44_100, [], "clip.wav cannot be read: it must have 16 bits at 22050 Hz: sox "),
        (22_050, ["--server", "http://localhost:1"], "Connection refused"),
    ],
)
def test_an_error_over_rest_is_one_clear_line(
    rest_address: str, tmp_path: Path, rate_hz: int, arguments: list[str], says: str
) -> None:
    clip = tone(tmp_path / "clip.wav", seconds=1.0, rate_hz=rate_hz, channels=1)
    ended = run("predict_rest.py", str(clip), "--server", rest_address, *arguments)
    assert (ended.returncode, ended.stderr.count("\n")) == (1, 1)
    assert says in ended.stderr


def test_the_rest_client_needs_only_the_standard_library(rest_address: str, tmp_path: Path) -> None:
    clip = tone(tmp_path / "clip.wav", seconds=1.0, rate_hz=22_050, channels=1)
    command = [sys.executable, "-I", "-S", str(CLIENTS / "predict_rest.py"), str(clip), "--server", rest_address]
    assert subprocess.run(command, capture_output=True, timeout=60, check=True).stdout


def curl_lines() -> list[str]:
    """Return the blocks of the README that call curl."""
    blocks = re.findall(r"(?:^    .*\n)+", (CLIENTS / "README.md").read_text(), re.MULTILINE)
    return [block for block in blocks if re.search(r"\bcurl\b", block)]


@pytest.mark.parametrize("lines", curl_lines())
def test_the_readmes_curl_lines_work(rest_address: str, lines: str) -> None:
    script = lines.replace("localhost:8501", rest_address).replace("curl -s", "curl -sS --fail-with-body")
    command = ["bash", "-c", f"set -e\n{textwrap.dedent(script)}"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert (ended.returncode, ended.stderr) == (0, ""), ended.stdout
    assert '"error"' not in ended.stdout
    assert re.search(r'"noise": |^ok$', ended.stdout, re.MULTILINE)


def grpcurl_calls() -> list[tuple[str, str]]:
    """Return the bodies of the README's grpcurl lines, and the methods that they call."""
    text = (CLIENTS / "README.md").read_text()
    return re.findall(r"grpcurl [^']*-d '([^']*)'[\s\\]+localhost:8500 (\S+)", text)


@pytest.mark.parametrize(("body", "path"), grpcurl_calls())
def test_the_readmes_grpcurl_bodies_are_answered(address: str, body: str, path: str) -> None:
    # grpcurl is not a Python package; it makes the same message from the same text.
    requests = {method.path: method.request for method in METHODS} | {
        "/grpc.health.v1.Health/Check": health_pb2.HealthCheckRequest
    }
    request = json_format.Parse(body, requests[f"/{path}"]())
    with grpc.insecure_channel(address) as channel:
        assert channel.unary_unary(f"/{path}")(request.SerializeToString(), timeout=60)


def test_every_grpcurl_line_with_a_body_is_tested() -> None:
    assert len(grpcurl_calls()) == (CLIENTS / "README.md").read_text().count("-d '") > 0


def test_the_schema_for_grpcurl_names_every_method_that_is_served() -> None:
    schema = (CLIENTS / "prediction_service.proto").read_text()
    package = re.search(r"^package (\S+);", schema, re.MULTILINE)
    assert package
    named = {
        f"/{package[1]}.{service}/{rpc}"
        for service, body in re.findall(r"^service (\w+) \{(.*?)^\}", schema, re.MULTILINE | re.DOTALL)
        for rpc in re.findall(r"rpc (\w+)\(", body)
    }
    assert named == {method.path for method in METHODS}
