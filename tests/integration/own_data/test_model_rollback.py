"""`tears model rollback`, and installations that are taken back."""

import fcntl
import signal
import socket
from pathlib import Path

from integration.model_server.served import port_of, serving
from integration.own_data.conftest import Tears
from integration.own_data.model_versions import history, versions
from support.processes.small_disk import run_module
from support.processes.tears_command import start_tears
from support.waiting import wait_until


def test_a_rollback_goes_back_one_version_and_numbers_are_never_used_again(
    tears: Tears, models: Path, candidate: Path
) -> None:
    for _ in range(2):
        assert tears("model", "install", candidate, "--models", models, "--force").exit_code == 0
    result = tears("model", "rollback", "--models", models)
    assert result.exit_code == 0, result.output
    assert versions(models) == ["1", "2"]
    assert (models / "retired" / "3" / "model.tflite").is_file()
    assert [(entry["action"], entry["version"]) for entry in history(models)] == [
        ("install", 2),
        ("install", 3),
        ("rollback", 3),
    ]
    assert tears("model", "install", models / "retired" / "3", "--models", models, "--force").exit_code == 0
    assert versions(models) == ["1", "2", "4"]
    assert tears("model", "rollback", "--to", "1", "--models", models).exit_code == 0
    assert versions(models) == ["1"]
    result = tears("model", "rollback", "--models", models)
    assert result.exit_code == 1
    assert "nothing to go back to" in result.output
    assert "no version 9" in tears("model", "rollback", "--to", "9", "--models", models).output
    assert "newest" in tears("model", "rollback", "--to", "1", "--models", models).output


def test_a_version_from_a_write_protected_folder_can_be_taken_back(tears: Tears, models: Path, candidate: Path) -> None:
    for path in (*candidate.rglob("*"), candidate):
        path.chmod(0o555 if path.is_dir() else 0o400)
    assert tears("model", "install", candidate, "--models", models).exit_code == 0
    # Root may move it with any mode, but any other user needs these.
    for path in (models / "2", *(models / "2").rglob("*")):
        assert path.stat().st_mode & 0o777 == (0o755 if path.is_dir() else 0o644)
    assert candidate.stat().st_mode & 0o777 == 0o555
    assert tears("model", "rollback", "--models", models).exit_code == 0


def test_only_the_last_versions_that_were_taken_back_are_kept(tears: Tears, models: Path, candidate: Path) -> None:
    for _ in range(7):
        assert tears("model", "install", candidate, "--models", models, "--force").exit_code == 0
        assert tears("model", "rollback", "--models", models).exit_code == 0
    assert sorted(path.name for path in (models / "retired").iterdir()) == ["4", "5", "6", "7", "8"]
    assert len(history(models)) == 14


def test_a_folder_that_is_missing_is_named_with_the_cure(tears: Tears, candidate: Path, tmp_path: Path) -> None:
    result = tears("model", "install", candidate, "--models", tmp_path / "gone")
    assert result.exit_code == 1
    assert "No such file or directory; make the folder, or name another" in result.output


def test_two_commands_at_once_do_not_disturb_each_other(tears: Tears, models: Path, candidate: Path) -> None:
    with (models / ".tears-model.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        result = tears("model", "install", candidate, "--models", models)
    assert result.exit_code == 1
    assert "try again when it is done" in result.output
    assert versions(models) == ["1"]


def test_a_full_disk_leaves_the_versions_as_they_were(models: Path, candidate: Path) -> None:
    words = ("model", "install", str(candidate), "--models", str(models))
    done = run_module("tears.cli", *words, largest_file_bytes=1_000_000)
    assert done.returncode == 1, done.stderr
    assert "File too large; raise the limit on the size of a file" in done.stderr
    assert versions(models) == ["1"]
    assert not list(models.glob(".arriving*"))


def test_a_server_that_watches_the_folder_follows_an_installation_and_a_rollback(
    tears: Tears, models: Path, candidate: Path, tmp_path: Path
) -> None:
    with serving(models, tmp_path / "server.log") as (process, client):
        wait_until(lambda: client.states("cry").get(1) == "AVAILABLE")
        server = f"localhost:{port_of(process)}"
        result = tears("model", "install", candidate, "--models", models, "--server", server)
        assert result.exit_code == 0, result.output
        assert client.states("cry")[2] == "AVAILABLE"
        assert tears("model", "rollback", "--models", models, "--server", server).exit_code == 0
        assert client.states("cry")[1] == "AVAILABLE"


def test_a_version_that_the_server_does_not_serve_is_taken_back(tears: Tears, models: Path, candidate: Path) -> None:
    result = tears("model", "install", candidate, "--models", models, "--server", "localhost:1", "--wait", "0.5")
    assert result.exit_code == 1
    assert "localhost:1 does not serve version 2" in result.output
    assert versions(models) == ["1"]
    assert [entry["action"] for entry in history(models)] == ["install", "rollback"]


def test_ctrl_c_during_the_wait_for_a_server_takes_the_version_back(models: Path, candidate: Path) -> None:
    with socket.create_server(("localhost", 0)) as silent:
        silent.settimeout(60)
        server = f"localhost:{silent.getsockname()[1]}"
        words = ("model", "install", candidate, "--models", models, "--server", server, "--wait", "100")
        with start_tears(*words) as process:
            asked, _ = silent.accept()
            process.send_signal(signal.SIGINT)
            output, _ = process.communicate(timeout=120)
            asked.close()
    assert process.returncode == 1
    assert f"version 2 was taken back: {server} was not seen to serve it" in output
    assert "Traceback" not in output
    assert versions(models) == ["1"]
    assert [(entry["action"], entry["version"]) for entry in history(models)] == [("install", 2), ("rollback", 2)]
