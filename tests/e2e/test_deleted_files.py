"""Delete the files of a `tears up` that runs: its sockets, its logs, its whole folder."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import redis
from support.processes.tears_command import descendants, start_tears
from support.waiting import wait_until

from tears.kit.redis_client import connect
from tears.kit.registry.rooms import read_rooms

DEADLINE_SECONDS = 60.0


@contextlib.contextmanager
def listening(scene: Path) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """Run the command until it hears the scene; yield it and the parent of its folder."""
    # A short path, because the sockets are in it.
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        run = Path(name) / "run"
        run.mkdir()
        process = start_tears("up", "--input", scene, "--mic", "nursery", TMPDIR=name, XDG_RUNTIME_DIR=str(run))
        try:
            wait_until(lambda: heard_seconds(run) > 0, DEADLINE_SECONDS, describe="a room that is heard")
            yield process, run
            process.send_signal(signal.SIGINT)
            output, _ = process.communicate(timeout=DEADLINE_SECONDS)
            assert process.returncode == 0, output
            assert not list(Path(name).glob("**/tears-*"))
        finally:
            process.kill()


def heard_seconds(parent: Path) -> float:
    """Return until when the alerter has heard the nursery, as a new client of Redis sees it; -1 without a Redis."""
    for path in parent.glob("tears-*/redis.sock"):
        with connect(f"unix://{path}") as client, contextlib.suppress(redis.RedisError):
            room = read_rooms(client).get("nursery")
            return -1.0 if room is None else room.heard_until_seconds
    return -1.0


def wait_until_heard_again(parent: Path) -> None:
    before = heard_seconds(parent)
    wait_until(lambda: heard_seconds(parent) > max(before, 0) + 2, DEADLINE_SECONDS, describe="more that is heard")


def kill(process: subprocess.Popen[str], module: str) -> None:
    (pid,) = [pid for pid, command in descendants(process.pid) if f"-m tears.{module}" in command]
    os.kill(pid, signal.SIGKILL)


def delete_at_once(folder: Path, *, in_the_way: str = "") -> None:
    """Delete a folder into which the command writes all the while, and perhaps put a file into its place.

    File by file, the folder would not be empty at the end, or be there again before the file in its place.
    """
    gone = Path(tempfile.mkdtemp(prefix="gone-", dir="/tmp")) / folder.name
    folder.rename(gone)
    if in_the_way:
        folder.write_text(in_the_way)
    shutil.rmtree(gone.parent)


def test_deleted_sockets_logs_and_folders_come_back(scene: Path) -> None:
    with listening(scene) as (process, run):
        (folder,) = run.glob("tears-*")
        deleted = {path.name for path in folder.iterdir() if path.suffix in {".sock", ".log"}}
        assert {"redis.sock", "model.sock", "alerter.log"} <= deleted
        for name in deleted:
            (folder / name).unlink()
        # Its successor needs both sockets.
        kill(process, "classifier")
        wait_until(lambda: deleted <= {path.name for path in folder.iterdir()}, DEADLINE_SECONDS, describe="the files")
        wait_until_heard_again(run)
        delete_at_once(folder)
        wait_until_heard_again(run)
        assert folder.is_dir()


def test_a_folder_that_cannot_be_made_again_is_replaced_as_after_a_logout(scene: Path) -> None:
    with listening(scene) as (process, run):
        delete_at_once(run, in_the_way="a file")
        wait_until_heard_again(run.parent)
        assert process.poll() is None
