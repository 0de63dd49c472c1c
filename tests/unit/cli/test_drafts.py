"""Files that appear together and whole, or not at all."""

import os
import signal
from pathlib import Path

import pytest

from tears.cli.drafts import Drafts


def test_files_appear_when_all_of_them_are_written(tmp_path: Path) -> None:
    with Drafts() as drafts:
        drafts.add(tmp_path / "clips" / "a.wav", b"a")
        drafts.add(tmp_path / "b.wav", b"b")
        assert not list(tmp_path.rglob("*.wav"))

    assert {path.name: path.read_bytes() for path in tmp_path.rglob("*.*")} == {"a.wav": b"a", "b.wav": b"b"}


def test_what_is_told_to_end_leaves_no_draft_and_no_folder(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGTERM)

    def ended_meanwhile() -> None:
        with Drafts() as drafts:
            drafts.add(tmp_path / "clips" / "a.wav", b"a")
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(SystemExit) as ended:
        ended_meanwhile()

    assert ended.value.code == 128 + signal.SIGTERM
    assert list(tmp_path.iterdir()) == []
    assert signal.getsignal(signal.SIGTERM) is before
