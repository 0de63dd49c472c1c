"""The names of version folders, and their fingerprints."""

from pathlib import Path

import pytest

from tears.model_server.catalog.version_folders import find_versions, fingerprint, version_number


@pytest.mark.parametrize(
    ("name", "number"),
    [("0", 0), ("7", 7), ("00000123", 123), ("9223372036854775807", 2**63 - 1)],
)
def test_a_name_of_digits_is_a_version(name: str, number: int) -> None:
    assert version_number(name) == number


@pytest.mark.parametrize(
    "name", ["", "-1", "+1", "1.5", "1_000", " 1", "1 ", "v1", "1.tmp", ".1", "٣", "²", "1\n", "9223372036854775808"]
)
def test_any_other_name_is_not_a_version(name: str) -> None:
    assert version_number(name) is None


def test_versions_are_found_newest_first_and_files_are_not_versions(tmp_path: Path) -> None:
    for name in ("9", "10", "00000002", "tmp", "assets"):
        (tmp_path / name).mkdir()
    (tmp_path / "11").write_text("not a folder")
    assert list(find_versions(tmp_path).items()) == [
        (10, tmp_path / "10"),
        (9, tmp_path / "9"),
        (2, tmp_path / "00000002"),
    ]


def test_the_shorter_of_two_names_for_one_version_counts(tmp_path: Path) -> None:
    for name in ("007", "7", "0007"):
        (tmp_path / name).mkdir()
    assert find_versions(tmp_path) == {7: tmp_path / "7"}


def test_a_link_to_a_folder_is_a_version(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "3").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "4").symlink_to(tmp_path / "nowhere")
    assert list(find_versions(tmp_path)) == [3]


def test_a_missing_base_folder_is_an_error_and_not_an_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        find_versions(tmp_path / "gone")


def test_a_changed_folder_has_another_fingerprint(tmp_path: Path) -> None:
    empty = fingerprint(tmp_path)
    (tmp_path / "model.tflite").write_bytes(b"half")
    half = fingerprint(tmp_path)
    (tmp_path / "model.tflite").write_bytes(b"whole file")
    assert len({empty, half, fingerprint(tmp_path)}) == 3
    (tmp_path / "assets.extra").mkdir()
    seen = {fingerprint(tmp_path)}
    for content in (b"half", b"whole file"):
        (tmp_path / "assets.extra" / "tf_serving_warmup_requests").write_bytes(content)
        seen.add(fingerprint(tmp_path))
    assert len(seen) == 3
    assert fingerprint(tmp_path / "gone") == frozenset()
