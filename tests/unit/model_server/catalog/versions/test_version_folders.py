"""The names of version folders, and their fingerprints."""

from pathlib import Path

import pytest

from tears.model_server.catalog.version_folders import (
    MAX_FOLDERS,
    find_versions,
    fingerprint,
    overtaken,
    version_number,
)


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


def test_only_the_newest_of_very_many_folders_are_looked_at_and_those_that_a_policy_names(tmp_path: Path) -> None:
    for number in range(MAX_FOLDERS + 5):
        (tmp_path / str(number)).mkdir()
    newest = list(range(MAX_FOLDERS + 4, 4, -1))
    assert list(find_versions(tmp_path)) == newest
    assert list(find_versions(tmp_path, {2, 7, 10**6})) == [*newest, 2]


@pytest.mark.parametrize(
    ("found", "before", "served", "expected"),
    [
        ([10**18, 2], [10**18], [10**18], (2, 10**18)),
        ([30, 29, 28], [30, 28], [30], (29, 30)),
        ([10**18, 2, 1], [], [10**18], (2, 10**18)),
        ([31, 30], [30], [31], None),
        ([30, 29], [], [30], None),  # older versions that were there before the server
        ([1_700_000_000, 1_600_000_000], [], [1_700_000_000], None),
        ([5, 4], [4], [5, 4], None),
        ([], [], [], None),
    ],
)
def test_a_new_version_that_a_larger_number_keeps_out_is_found(
    found: list[int], before: list[int], served: list[int], expected: tuple[int, int] | None
) -> None:
    assert overtaken(found, before, served) == expected


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
