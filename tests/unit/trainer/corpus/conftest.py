"""Small packages to collect from, and an apt-get that does not use the network."""

import io
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

MakeDeb = Callable[[str, dict[str, bytes]], Path]
MakeSound = Callable[..., bytes]


@pytest.fixture
def sound() -> MakeSound:
    """Return a function that makes a sound file of noise: `sound(seconds, seed=1, format="WAV", rate_hz=22_050)`."""

    def make(seconds: float, seed: int = 1, format: str = "WAV", rate_hz: int = 22_050) -> bytes:  # noqa: A002 (as soundfile names it)
        noise = np.random.default_rng(seed).normal(0, 0.1, int(seconds * rate_hz))
        file = io.BytesIO()
        soundfile.write(file, noise, rate_hz, format=format)
        return file.getvalue()

    return make


@pytest.fixture
def zipped() -> Callable[[dict[str, bytes]], bytes]:
    """Return a function that makes a zip archive of files by path."""

    def make(files: dict[str, bytes]) -> bytes:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            for path, content in files.items():
                archive.writestr(path, content)
        return file.getvalue()

    return make


@pytest.fixture
def debs(tmp_path: Path) -> Path:
    """Make an empty folder for .deb files."""
    folder = tmp_path / "debs"
    folder.mkdir()
    return folder


@pytest.fixture
def make_deb(tmp_path: Path, debs: Path) -> MakeDeb:
    """Return a function that builds a package of version 1.0 from files by path."""

    def make(name: str, files: dict[str, bytes]) -> Path:
        tree = tmp_path / "trees" / name
        for path, content in files.items():
            (tree / path).parent.mkdir(parents=True, exist_ok=True)
            (tree / path).write_bytes(content)
        (tree / "DEBIAN").mkdir(parents=True)
        control = f"Package: {name}\nVersion: 1.0\nArchitecture: all\nMaintainer: Nobody <n@example.org>\n"
        (tree / "DEBIAN" / "control").write_text(control + "Description: sounds\n")
        deb = debs / f"{name}_1.0_all.deb"
        subprocess.run(["dpkg-deb", "-Znone", "--build", str(tree), str(deb)], check=True, capture_output=True)  # noqa: S607
        return deb

    return make


@pytest.fixture(autouse=True)
def apt_without_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace apt-get by a script that knows no package."""
    programs = tmp_path / "bin"
    programs.mkdir()
    apt = programs / "apt-get"
    apt.write_text('#!/bin/sh\necho "E: Unable to locate package $3" >&2\nexit 100\n')
    apt.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
