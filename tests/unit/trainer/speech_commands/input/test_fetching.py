"""Files that are whole or not there, and archives that are fetched only where asked."""

import errno
import io
import os
import socket
import struct
import tarfile
import threading
from pathlib import Path

import numpy as np
import pytest
from support.sound.training_folders import training_folder

from tears.trainer.speech_commands.errors import DownloadError, WriteError
from tears.trainer.speech_commands.input.fetching import fetch
from tears.trainer.speech_commands.whole_files import make_folder, native_reason, write_text, write_with


def archive_of(folder: Path, path: Path) -> str:
    with tarfile.open(path, "w:gz") as tar:
        for wav in sorted(folder.glob("*/*.wav")):
            tar.add(wav, f"./{wav.relative_to(folder)}")
    return path.as_uri()


def test_a_full_disk_leaves_what_stood_there_and_no_half_of_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "labels.txt"
    write_text(path, "before")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(WriteError, match=r"labels.txt cannot be written: No space left on device; free some room"):
        write_text(path, "after")

    assert path.read_text() == "before"
    assert [entry.name for entry in tmp_path.iterdir()] == ["labels.txt"]


def test_of_what_tensorflow_says_of_a_full_disk_the_reason_is_told() -> None:
    said = "{{function_node SaveV2}} /disk/part-00000.tempstate1; No space left on device [Op:SaveV2]"

    assert native_reason(said) == "No space left on device"
    assert native_reason("Disk quota exceeded") == "Disk quota exceeded"


def test_a_writer_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def half(part: Path) -> None:
        part.write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_with(tmp_path / "a.txt", half)

    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_is_found_out_before_the_training(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(WriteError, match="file/training cannot be written"):
        make_folder(tmp_path / "file" / "training")
    make_folder(tmp_path / "a" / "b")
    assert list((tmp_path / "a" / "b").iterdir()) == []


def test_an_archive_is_fetched_and_unpacked_once(tmp_path: Path) -> None:
    source = training_folder(tmp_path / "source", {"quiet": 3, "crying": 2})
    url = archive_of(source, tmp_path / "words.tar.gz")
    target = tmp_path / "data"

    first = fetch(url, target)
    assert "5 WAVs" in first[-1]
    for wav in source.glob("*/*.wav"):
        assert (target / wav.relative_to(source)).read_bytes() == wav.read_bytes()

    (target / "quiet" / "quiet-aa.wav").unlink()
    assert "before" in fetch(url, target)[0]
    assert not (target / "quiet" / "quiet-aa.wav").exists()


def test_an_archive_that_broke_off_is_an_error_and_leaves_no_half_of_a_recording(tmp_path: Path) -> None:
    folder = training_folder(tmp_path / "source", {"crying": 4})
    url = archive_of(folder, tmp_path / "words.tar.gz")
    whole = (tmp_path / "words.tar.gz").read_bytes()
    (tmp_path / "words.tar.gz").write_bytes(whole[: len(whole) // 2])

    with pytest.raises(DownloadError, match=r"no whole .tar.gz"):
        fetch(url, tmp_path / "data")
    sizes = {wav.stat().st_size for wav in (folder / "crying").iterdir()}
    assert {wav.stat().st_size for wav in tmp_path.glob("data/*/*")} <= sizes

    # With the archive whole again, what was begun is begun anew.
    (tmp_path / "words.tar.gz").write_bytes(whole)
    (tmp_path / "data" / "words.tar.gz").unlink()
    assert "4 WAVs" in fetch(url, tmp_path / "data")[-1]


@pytest.mark.parametrize("name", ["../crying/a.wav", "/tmp/a.wav"])  # noqa: S108 - an evil name, never written
def test_an_archive_that_reaches_out_of_its_folder_is_refused(tmp_path: Path, name: str) -> None:
    with tarfile.open(tmp_path / "evil.tar.gz", "w:gz") as tar:
        tar.addfile(tarfile.TarInfo(name), io.BytesIO())

    with pytest.raises(DownloadError, match="outside of its folder"):
        fetch((tmp_path / "evil.tar.gz").as_uri(), tmp_path / "data")


def test_links_in_an_archive_are_left_where_they_are(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "links.tar.gz", "w:gz") as tar:
        link = tarfile.TarInfo("crying/a.wav")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)

    with pytest.raises(DownloadError, match=r"holds no <label>/<name>.wav"):
        fetch((tmp_path / "links.tar.gz").as_uri(), tmp_path / "data")
    assert list(tmp_path.glob("data/crying")) == []


def test_an_archive_with_a_folder_above_its_labels_is_told_of(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "deep.tar.gz", "w:gz") as tar:
        tar.addfile(tarfile.TarInfo("data/crying/a.wav"), io.BytesIO())

    with pytest.raises(DownloadError, match=r"give --data_dir the folder above data/crying/a\.wav's"):
        fetch((tmp_path / "deep.tar.gz").as_uri(), tmp_path / "data")
    assert list(tmp_path.glob("data/*/")) == []


@pytest.mark.parametrize("url", ["ftp://host/a.tar.gz", "words.tar.gz", "https://host/", "http://[bad"])
def test_what_is_no_url_of_an_archive_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(DownloadError, match="leave it empty"):
        fetch(url, tmp_path)


def test_what_cannot_be_fetched_is_an_error_that_names_the_url_and_leaves_nothing(tmp_path: Path) -> None:
    url = (tmp_path / "nowhere.tar.gz").as_uri()

    with pytest.raises(DownloadError, match=r"nowhere.tar.gz cannot be fetched"):
        fetch(url, tmp_path / "data")
    assert list((tmp_path / "data").iterdir()) == []


@pytest.mark.parametrize("head", [b"Content-Length: 100\r\n\r\nabc", b"Transfer-Encoding: chunked\r\n\r\n64\r\nabc"])
@pytest.mark.parametrize("is_reset", [False, True])
def test_a_download_that_breaks_off_is_an_error_that_says_so_and_leaves_nothing(
    tmp_path: Path, head: bytes, *, is_reset: bool
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            connection.recv(4096)
            connection.sendall(b"HTTP/1.1 200 OK\r\n" + head)
            if is_reset:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()

        server = threading.Thread(target=serve)
        server.start()
        with pytest.raises(DownloadError, match=r"w\.tar\.gz (broke off|cannot be fetched)"):
            fetch(f"http://127.0.0.1:{listening.getsockname()[1]}/w.tar.gz", tmp_path / "data")
        server.join()
    assert list((tmp_path / "data").iterdir()) == []


def test_a_download_that_would_not_fit_is_refused_before_it_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "big.tar.gz").write_bytes(np.zeros(5000, np.uint8).tobytes())
    free = type("Usage", (), {"free": 100})
    monkeypatch.setattr("shutil.disk_usage", lambda _: free)

    with pytest.raises(DownloadError, match=r"has 5000 bytes, and .* has 100 free"):
        fetch((tmp_path / "big.tar.gz").as_uri(), tmp_path / "data")
