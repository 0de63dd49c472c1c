"""`./tears` and its two links, as a user calls them in a fresh shell."""

import os
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from support.places import ROOT, SHIPPED_VERSION

NAMES = ("tears", "tears-train", "tears-model-server")


def run(program: Path, *arguments: str, folder: Path, path: str = os.defpath) -> subprocess.CompletedProcess[str]:
    """Run a program with what a login shell finds, which is no uv, but the Python that these tests run on."""
    bin_of_python = Path(shutil.which("python3") or "").parent
    environ = {"PATH": f"{path}:{bin_of_python}", "HOME": str(folder)}
    return subprocess.run(
        [program, *arguments], cwd=folder, env=environ, capture_output=True, text=True, check=False, timeout=300
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
        [ROOT / "tears", "up"], env={"PATH": str(tools)}, capture_output=True, text=True, check=False, timeout=300
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


def test_a_checkout_whose_path_has_a_space_is_set_up_and_runs(tmp_path: Path) -> None:
    """Run the real Makefile with a uv that only writes down what it is asked for."""
    checkout = tmp_path / "my own tears"
    bin_of_uv = checkout / ".tools" / "bin"
    bin_of_uv.mkdir(parents=True)
    for name in ("tears", "Makefile", "pyproject.toml", "uv.lock"):
        shutil.copy(ROOT / name, checkout / name)
    (checkout / ".tools" / "uv").touch()
    (bin_of_uv / "uv").write_text(
        '#!/bin/sh\necho "$@" >> asked\nmkdir -p .venv/bin && ln -sf "$(which echo)" .venv/bin/tears\n'
    )
    (bin_of_uv / "uv").chmod(0o755)

    for _ in range(2):
        done = run(checkout / "tears", "replay", "a b.wav", folder=tmp_path)
        assert (done.returncode, done.stdout) == (0, "replay a b.wav\n"), done.stderr

    assert (checkout / "asked").read_text() == "sync --inexact --compile-bytecode\n"
    made = subprocess.run(
        [shutil.which("make") or "", "--no-print-directory", "up", "INPUT=c.wav"],
        cwd=checkout,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    assert (checkout / "asked").read_text().endswith("run --no-sync tears up --input c.wav\n")


@pytest.mark.parametrize(
    ("module", "words", "status", "says"),
    [
        ("tears.cli.__main__", ["model", "list"], 0, "version"),
        ("tears.cli.__main__", ["model", "install", "{shipped}", "--force"], 1, "set XDG_DATA_HOME"),
        ("tears.cli.__main__", ["record", "--list"], 2, "Error: "),
        ("tears.trainer.__main__", ["--fine_tune", "--data_dir=/nowhere"], 1, "tears-train: "),
    ],
)
def test_a_user_without_a_home_and_without_an_entry_in_passwd_gets_no_traceback(
    tmp_path: Path, module: str, words: list[str], status: int, says: str
) -> None:
    """Such users are those of containers and of systemd's DynamicUser."""
    code = "import pwd, sys\ndef unknown(_): raise KeyError('uid not found')\npwd.getpwuid = unknown\n"
    code += f"sys.argv[0] = 'tears'\nfrom {module} import {'run' if 'cli' in module else 'main'} as go\nsys.exit(go())"
    done = subprocess.run(
        [sys.executable, "-c", code, *(word.format(shipped=SHIPPED_VERSION) for word in words)],
        env={"PATH": os.environ["PATH"], "TMPDIR": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert "Traceback" not in done.stderr, done.stderr
    assert done.returncode == status, done.stderr
    assert says in done.stdout + done.stderr
