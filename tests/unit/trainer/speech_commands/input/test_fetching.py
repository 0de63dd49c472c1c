"""Archives of recordings, fetched only if a flag names them."""

import io
import socket
import struct
import tarfile
import threading
from pathlib import Path

import numpy as np
import pytest
from support.training.training_folders import training_folder

from tears.trainer.errors import DownloadError
from tears.trainer.speech_commands.input.fetching import fetch_archive


def archive_of(folder: Path, path: Path) -> str:
    with tarfile.open(path, "w:gz") as tar:
        for wav in sorted(folder.glob("*/*.wav")):
            tar.add(wav, f"./{wav.relative_to(folder)}")
    return path.as_uri()


def test_an_archive_is_fetched_and_unpacked_once(tmp_path: Path) -> None:
    source = training_folder(tmp_path / "source", {"quiet": 3, "crying": 2})
    url = archive_of(source, tmp_path / "words.tar.gz")
    target = tmp_path / "data"

    first = fetch_archive(url, target)
    assert "5 WAVs" in first[-1]
    for wav in source.glob("*/*.wav"):
        assert (target / wav.relative_to(source)).read_bytes() == wav.read_bytes()

    (target / "quiet" / "quiet-aa.wav").unlink()
    assert "before" in fetch_archive(url, target)[0]
    assert not (target / "quiet" / "quiet-aa.wav").exists()


def test_a_truncated_archive_is_an_error_and_leaves_no_half_of_a_recording(tmp_path: Path) -> None:
    folder = training_folder(tmp_path / "source", {"crying": 4})
    url = archive_of(folder, tmp_path / "words.tar.gz")
    whole = (tmp_path / "words.tar.gz").read_bytes()
    (tmp_path / "words.tar.gz").write_bytes(whole[: len(whole) // 2])

    with pytest.raises(DownloadError, match=r"not a complete .tar.gz"):
        fetch_archive(url, tmp_path / "data")
    sizes = {wav.stat().st_size for wav in (folder / "crying").iterdir()}
    assert {wav.stat().st_size for wav in tmp_path.glob("data/*/*")} <= sizes

    # When the archive is whole again, the unpacking starts again.
    (tmp_path / "words.tar.gz").write_bytes(whole)
    (tmp_path / "data" / "words.tar.gz").unlink()
    assert "4 WAVs" in fetch_archive(url, tmp_path / "data")[-1]


@pytest.mark.parametrize("name", ["../crying/a.wav", "/tmp/a.wav"])  # noqa: S108 - an evil name, never written
def test_an_archive_that_names_a_file_outside_of_its_folder_is_refused(tmp_path: Path, name: str) -> None:
    with tarfile.open(tmp_path / "evil.tar.gz", "w:gz") as tar:
        tar.addfile(tarfile.TarInfo(name), io.BytesIO())

    with pytest.raises(DownloadError, match="outside of its folder"):
        fetch_archive((tmp_path / "evil.tar.gz").as_uri(), tmp_path / "data")


def test_links_in_an_archive_are_not_unpacked(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "links.tar.gz", "w:gz") as tar:
        link = tarfile.TarInfo("crying/a.wav")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)

    with pytest.raises(DownloadError, match=r"contains no <label>/<name>.wav"):
        fetch_archive((tmp_path / "links.tar.gz").as_uri(), tmp_path / "data")
    assert list(tmp_path.glob("data/crying")) == []


def test_an_archive_with_a_folder_above_its_labels_is_an_error_with_its_cure(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "deep.tar.gz", "w:gz") as tar:
        tar.addfile(tarfile.TarInfo("data/crying/a.wav"), io.BytesIO())

    with pytest.raises(DownloadError, match=r"give --data_dir the folder above data/crying/a\.wav's"):
        fetch_archive((tmp_path / "deep.tar.gz").as_uri(), tmp_path / "data")
    assert list(tmp_path.glob("data/*/")) == []


@pytest.mark.parametrize("url", ["ftp://host/a.tar.gz", "words.tar.gz", "https://host/", "http://[bad"])
def test_a_text_that_is_not_the_url_of_an_archive_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(DownloadError, match="leave it empty"):
        fetch_archive(url, tmp_path)


def test_a_failed_download_is_an_error_that_names_the_url_and_leaves_nothing(tmp_path: Path) -> None:
    url = (tmp_path / "nowhere.tar.gz").as_uri()

    with pytest.raises(DownloadError, match=r"nowhere.tar.gz cannot be fetched"):
        fetch_archive(url, tmp_path / "data")
    assert list((tmp_path / "data").iterdir()) == []


@pytest.mark.parametrize("head", [b"Content-Length: 100\r\n\r\nabc", b"Transfer-Encoding: chunked\r\n\r\n64\r\nabc"])
@pytest.mark.parametrize("is_reset", [False, True])
def test_an_interrupted_download_is_an_error_that_says_so_and_leaves_nothing(
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
            fetch_archive(f"http://127.0.0.1:{listening.getsockname()[1]}/w.tar.gz", tmp_path / "data")
        server.join()
    assert list((tmp_path / "data").iterdir()) == []


def test_a_download_that_does_not_fit_on_the_disk_is_refused_before_it_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "big.tar.gz").write_bytes(np.zeros(5000, np.uint8).tobytes())
    free = type("Usage", (), {"free": 100})
    monkeypatch.setattr("shutil.disk_usage", lambda _: free)

    with pytest.raises(DownloadError, match=r"has 5000 bytes, and .* has 100 free"):
        fetch_archive((tmp_path / "big.tar.gz").as_uri(), tmp_path / "data")
