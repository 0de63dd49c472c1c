"""The sockets and logs of a run, which come back when something deletes them."""

import fcntl
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tears.cli.pipeline.runtime_folder import FOLDER_PREFIX, KeptSocket, RuntimeFolder


@pytest.fixture
def short() -> Iterator[Path]:
    """Return a folder with a short path, as sockets need."""
    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(autouse=True)
def places(short: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    monkeypatch.delenv("RUNTIME_DIRECTORY", raising=False)
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    named = {name: short / name for name in ("service", "user", "tmp")}
    for folder in named.values():
        folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(named["tmp"]))
    return named


def is_locked(folder: Path) -> bool:
    fd = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False


def test_the_service_manager_chooses_before_the_session_and_that_before_tmp(
    places: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [RuntimeFolder()]
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(places["user"]))
    found.append(RuntimeFolder())
    monkeypatch.setenv("RUNTIME_DIRECTORY", f"{places['service']}:/run/other")
    found.append(RuntimeFolder())
    assert [one.path.parent.name for one in found] == ["tmp", "user", "service"]
    for one in found:
        assert one.path.stat().st_mode & 0o777 == 0o700
        one.close()
        assert not one.path.exists()


@pytest.mark.parametrize("unusable", ["/nowhere/at/all", "relative", "/long" * 30])
def test_a_place_that_cannot_be_used_is_passed_over(
    places: dict[str, Path], monkeypatch: pytest.MonkeyPatch, unusable: str
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", unusable)
    place = RuntimeFolder()
    assert place.path.parent == places["tmp"]
    place.close()


def test_a_folder_is_locked_and_made_again_where_it_was() -> None:
    place = RuntimeFolder()
    assert is_locked(place.path)
    path = place.path
    shutil.rmtree(path)
    assert place.keep()
    assert place.path == path
    assert is_locked(path)
    place.close()


def test_a_folder_that_cannot_be_made_again_moves(places: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(places["user"]))
    place = RuntimeFolder()
    # As at a logout, which takes away the user's runtime folder.
    shutil.rmtree(places["user"])
    places["user"].write_text("in the way")
    assert not place.keep()
    place.move()
    assert place.path.parent == places["tmp"]
    assert is_locked(place.path)
    place.close()


def test_folders_of_runs_that_were_killed_are_deleted_and_those_of_others_are_not(places: dict[str, Path]) -> None:
    running, foreign, new = RuntimeFolder(), places["tmp"] / "tears-other", places["tmp"] / f"{FOLDER_PREFIX}new"
    killed = places["tmp"] / f"{FOLDER_PREFIX}killed"
    for folder in (killed, foreign, new):
        folder.mkdir()
    for folder in (killed, foreign, running.path):
        os.utime(folder, (0, 0))
    place = RuntimeFolder()
    assert [one.exists() for one in (killed, foreign, new, running.path)] == [False, True, True, True]
    place.close()
    running.close()


def test_a_deleted_socket_is_restored(short: Path) -> None:
    path = short / "a.sock"
    kept = KeptSocket(path)
    assert kept.keep()  # the process has not made it yet
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        assert kept.keep()
        path.unlink()
        assert kept.keep()
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))


def test_a_socket_without_any_name_needs_a_new_process(short: Path) -> None:
    path = short / "a.sock"
    kept = KeptSocket(path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        assert kept.keep()
        for name in short.iterdir():
            if name.is_socket():
                name.unlink()
        assert not kept.keep()
        kept.forget()
        assert kept.keep()  # the new process has not made it yet


def test_the_socket_of_a_new_process_replaces_the_old_one(short: Path) -> None:
    path = short / "a.sock"
    kept = KeptSocket(path)
    with socket.socket(socket.AF_UNIX) as old:
        old.bind(str(path))
        assert kept.keep()
        path.unlink()
        with socket.socket(socket.AF_UNIX) as new:
            new.bind(str(path))
            new.listen()
            assert kept.keep()
            path.unlink()
            assert kept.keep()
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(str(path))
