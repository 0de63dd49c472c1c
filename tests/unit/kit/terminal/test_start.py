"""Ctrl-C while modules are imported."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support.processes.tears_command import environment

SLOW_MODULE = """
import pathlib, time
print("importing", flush=True)
time.sleep(60)
"""
STARTER = "from tears.kit.terminal.start import run_main; run_main('slow_module')"


@pytest.mark.parametrize("is_ignored", [False, True], ids=["terminal", "background"])
def test_ctrl_c_during_an_import_ends_quietly_unless_it_is_ignored(tmp_path: Path, *, is_ignored: bool) -> None:
    (tmp_path / "slow_module.py").write_text(SLOW_MODULE)
    ignoring = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); " if is_ignored else ""
    with subprocess.Popen(
        [sys.executable, "-c", ignoring + STARTER],
        env=environment() | {"PYTHONPATH": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "importing\n"
        process.send_signal(signal.SIGINT)
        if is_ignored:
            assert process.poll() is None
            process.kill()
        _, printed = process.communicate(timeout=120)
    assert printed == ""
    assert process.returncode == (-signal.SIGKILL if is_ignored else -signal.SIGINT)


@pytest.mark.parametrize(
    "module",
    ["cli", "recorder", "preprocessor", "classifier", "alerter", "journal", "journal.recordings", "model_server"],
)
def test_every_program_settles_this_before_its_own_imports(tmp_path: Path, module: str) -> None:
    # Python imports this one first, and so shows what Ctrl-C would do at the next import.
    (tmp_path / "logging.py").write_text(
        "import os, signal; print(signal.getsignal(signal.SIGINT).name, flush=True); os._exit(0)"
    )
    (tmp_path / "sitecustomize.py").write_text("")
    result = subprocess.run(
        [sys.executable, "-m", f"tears.{module}"],
        env=environment() | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert result.stdout == "SIG_DFL\n", result.stderr
