"""`./tears` and its two links, as a user calls them in a fresh shell."""

import os
import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path

import pytest
from support.places import ROOT

NAMES = ("tears", "tears-train", "tears-model-server")


def run(program: Path, *arguments: str, folder: Path, path: str = os.defpath) -> subprocess.CompletedProcess[str]:
    """Run a program with what a login shell finds, which is no uv, but the Python that these tests run on."""
    bin_of_python = Path(shutil.which("python3") or "").parent
    environ = {"PATH": f"{path}:{bin_of_python}", "HOME": str(folder)}
    return subprocess.run(
        [program, *arguments], cwd=folder, env=environ, capture_output=True, text=True, check=False, timeout=110
    )


@pytest.mark.parametrize("name", NAMES)
def test_it_runs_from_any_folder_and_through_a_link(name: str, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    link = tmp_path / "bin" / name
    link.symlink_to(ROOT / name)
    for program in (ROOT / name, link):
        result = run(program, "--help", folder=tmp_path)
        assert result.returncode == 0, result.stderr
        assert "sage: " in result.stdout


def test_only_what_the_command_prints_is_on_standard_output(tmp_path: Path) -> None:
    result = run(ROOT / "tears", "--version", folder=tmp_path)
    assert result.stdout == f"tears, version {version('tears-cli')}\n"


def test_without_make_the_cure_is_named(tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("sh", "readlink", "dirname", "basename"):
        found = shutil.which(name)
        assert found is not None
        (tools / name).symlink_to(found)
    result = subprocess.run(
        [ROOT / "tears", "up"], env={"PATH": str(tools)}, capture_output=True, text=True, check=False, timeout=110
    )
    assert result.returncode == 2
    assert result.stderr == "tears: make is missing: sudo apt install make\n"


def test_what_a_command_needs_is_set_up_before_it_runs(tmp_path: Path) -> None:
    """Copy the wrapper beside a Makefile that tells what it was asked for."""
    for name in NAMES:
        shutil.copy(ROOT / name, tmp_path / name, follow_symlinks=name == "tears")
    (tmp_path / "Makefile").write_text(
        ".venv/runtime .venv/training:\n\t@mkdir -p .venv/bin; echo set up $@; touch $@\n"
    )
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    for name in NAMES:
        (tmp_path / ".venv" / "bin" / name).symlink_to(shutil.which("echo") or "")
    assert run(tmp_path / "tears-train", "--help", folder=tmp_path).stderr == "set up .venv/runtime\n"
    first = run(tmp_path / "tears-train", "--data_dir=clips", folder=tmp_path)
    assert (first.stdout, first.stderr) == ("--data_dir=clips\n", "set up .venv/training\n")
    again = run(tmp_path / "tears-train", "--data_dir=clips", folder=tmp_path)
    assert (again.stdout, again.stderr) == ("--data_dir=clips\n", "")
