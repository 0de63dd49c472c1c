"""A version's files and the digests beside them."""

import hashlib
from pathlib import Path

import pytest

from tears.model_server.engines.checksums import check_files
from tears.model_server.errors import DataLossError


def seal(folder: Path, *names: str) -> None:
    digests = [f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n" for name in names]
    (folder / "SHA256SUMS").write_text("".join(digests))


def flip_bit(path: Path, at: int) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 4
    path.write_bytes(content)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "variables").mkdir()
    for name in ("model.tflite", "variables/data"):
        (tmp_path / name).write_bytes(b"weights" * 100)
    seal(tmp_path, "model.tflite", "variables/data")
    return tmp_path


def test_files_as_they_were_exported_pass_and_so_does_a_version_without_a_list(folder: Path) -> None:
    check_files(folder)
    (folder / "SHA256SUMS").unlink()
    flip_bit(folder / "model.tflite", 5)
    check_files(folder)


@pytest.mark.parametrize("name", ["model.tflite", "variables/data"])
def test_one_flipped_bit_is_found_in_any_file(folder: Path, name: str) -> None:
    flip_bit(folder / name, 333)
    with pytest.raises(DataLossError, match=f"{name} is damaged or was changed: .*; export or copy the version again"):
        check_files(folder)


def test_of_two_formats_one_may_be_deleted_and_files_may_be_added(folder: Path) -> None:
    (folder / "variables" / "data").unlink()
    (folder / "MODEL_CARD.md").write_text("a card")
    check_files(folder)


@pytest.mark.parametrize(
    "content", ["no digest", "0" * 64 + "  ../../etc/passwd", "0" * 64 + "  /etc/passwd", "0" * 64]
)
def test_a_list_that_is_none_is_refused(folder: Path, content: str) -> None:
    (folder / "SHA256SUMS").write_text(content)
    with pytest.raises(DataLossError, match="line 1 is not a digest and a name"):
        check_files(folder)


def test_a_list_that_cannot_be_read_is_refused(folder: Path) -> None:
    (folder / "SHA256SUMS").write_bytes(b"\xff\xfe")
    with pytest.raises(DataLossError, match="SHA256SUMS cannot be read"):
        check_files(folder)
