"""The checks before a model's files are read."""

import os
import socket
from pathlib import Path

import pytest

from tears.model_server.engines.file_checks import check_head, check_kinds, check_sizes
from tears.model_server.engines.version_loader import VersionLoader
from tears.model_server.errors import LoadError


def test_files_folders_and_links_to_them_may_be_in_a_version(tmp_path: Path) -> None:
    (tmp_path / "variables").mkdir()
    (tmp_path / "model.tflite").touch()
    (tmp_path / "link").symlink_to("model.tflite")
    (tmp_path / "dangling").symlink_to("nowhere")
    check_kinds(tmp_path)


@pytest.mark.parametrize("place", ["model.tflite", "assets.extra/tf_serving_warmup_requests"])
def test_a_pipe_a_device_or_a_socket_is_refused_unopened(
    tmp_path: Path, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / place
    path.parent.mkdir(exist_ok=True)
    os.mkfifo(path)
    with pytest.raises(LoadError, match=f"{place} is neither a file nor a folder"):
        VersionLoader()(tmp_path) if place == "model.tflite" else check_kinds(tmp_path)
    path.unlink()
    path.symlink_to("/dev/zero")
    with pytest.raises(LoadError, match="is neither a file nor a folder"):
        check_kinds(tmp_path)
    path.unlink()
    with socket.socket(socket.AF_UNIX) as unix:
        # The path of a socket has at most 107 bytes, and that of a test's folder may be longer.
        monkeypatch.chdir(path.parent)
        unix.bind(path.name)
        with pytest.raises(LoadError, match="is neither a file nor a folder"):
            check_kinds(tmp_path)


def test_a_model_above_its_share_of_the_memory_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "model.tflite").open("wb") as file:
        file.truncate(300 * 2**20)  # it has no content on disk
    with pytest.raises(LoadError, match="model of 314572800 bytes does not fit into the memory of this machine or con"):
        VersionLoader(memory_bytes=256 * 2**20)(tmp_path)


def test_the_files_of_a_model_count_together(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(bytes(60))
    check_sizes(tmp_path.iterdir(), 120)
    with pytest.raises(LoadError, match="a model of 120 bytes"):
        check_sizes(tmp_path.iterdir(), 119)


@pytest.mark.parametrize(
    ("content", "says"), [(b"", "is empty"), (b"\x1c\0\0\0TFL2", "does not begin as a TFLite model")]
)
def test_a_file_that_is_no_tflite_model_is_refused_by_its_first_bytes(
    tmp_path: Path, content: bytes, says: str
) -> None:
    (tmp_path / "model.tflite").write_bytes(content)
    with pytest.raises(LoadError, match=says):
        check_head(tmp_path / "model.tflite")
