"""Files that appear together and whole, or not at all."""

from pathlib import Path

import pytest

from tears.cli.own_data.drafts import Drafts


def test_files_appear_when_all_of_them_are_written(tmp_path: Path) -> None:
    with Drafts() as drafts:
        drafts.add(tmp_path / "clips" / "a.wav", b"a")
        drafts.add(tmp_path / "b.wav", b"b")
        assert not list(tmp_path.rglob("*.wav"))

    assert {path.name: path.read_bytes() for path in tmp_path.rglob("*.*")} == {"a.wav": b"a", "b.wav": b"b"}


def test_after_an_error_no_draft_and_no_folder_is_left(tmp_path: Path) -> None:
    def broken_off() -> None:
        with Drafts() as drafts:
            drafts.add(tmp_path / "clips" / "a.wav", b"a")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken_off()
    assert list(tmp_path.iterdir()) == []
