"""`make` shows what it does while it sets up, also where nobody sees a progress bar."""

import shutil
import subprocess
from pathlib import Path

import pytest
from support.places import ROOT

# Stands for uv, whose lines it prints.
UV = """#!/bin/sh
mkdir -p .venv
echo 'Downloading numpy (16.9MiB)' >&2
echo ' + numpy==2.4.6' >&2
exit ${UV_STATUS:-0}
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a folder with the Makefile and what it looks at, in which `uv` is a stand-in."""
    (tmp_path / ".tools" / "bin").mkdir(parents=True)
    for name in ("Makefile", "pyproject.toml", "uv.lock"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / ".tools" / "uv").touch()
    uv = tmp_path / ".tools" / "bin" / "uv"
    uv.write_text(UV)
    uv.chmod(0o755)
    return tmp_path


def run_make(folder: Path, target: str, **environ: str) -> subprocess.CompletedProcess[str]:
    make = shutil.which("make")
    assert make is not None
    return subprocess.run(
        [make, "--directory", folder, target],
        env={"PATH": "/usr/bin:/bin", **environ},
        capture_output=True,
        text=True,
        check=False,
    )


def test_setting_up_says_what_is_fetched_but_not_every_package(checkout: Path) -> None:
    done = run_make(checkout, ".venv/training")
    assert done.returncode == 0, done.stderr
    for words in ("the packages of Tears", "Downloading numpy (16.9MiB)", "TensorFlow"):
        assert words in done.stderr
    assert "+ numpy" not in done.stderr
    assert "setting up" not in run_make(checkout, ".venv/training").stderr


def test_setting_up_that_fails_is_not_taken_for_done(checkout: Path) -> None:
    assert run_make(checkout, ".venv/runtime", UV_STATUS="2").returncode != 0
    assert not (checkout / ".venv" / "runtime").exists()
