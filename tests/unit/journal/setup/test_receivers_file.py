"""The file of receivers on a disk: checked before it is used, whole or not at all, and never over somebody's head."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tears.journal.errors import ReceiversError
from tears.journal.setup.receivers_edit import ReceiverChange
from tears.journal.setup.receivers_file import MOST_ALERTS_BYTES, ReceiversFile
from tears.kit.commands.receivers_draft import draft_of

MUM = ReceiverChange(name="mum", url="json://127.0.0.1:9/s3cret")
DAD = ReceiverChange(name="dad", url="json://127.0.0.1:9/other")


class CheckedFile:
    """A file of receivers, and an alerter that judges drafts."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "alerts.toml"
        self.drafts: list[str] = []
        self.answer: Callable[[], str] = lambda: "fine"
        self.file = ReceiversFile(self.path, self.check)

    def check(self) -> str:
        """Read the draft as the alerter does."""
        self.drafts.append(draft_of(self.path).read_text())
        return self.answer()

    @property
    def seen(self) -> str:
        """What a form that is made now carries."""
        return self.file.read().seen

    def names(self) -> list[str]:
        """Return the receivers."""
        return [one.name for one in self.file.read().receivers]


@pytest.fixture
def checked(tmp_path: Path) -> CheckedFile:
    return CheckedFile(tmp_path)


def refuse() -> str:
    raise ReceiversError("The change was not made. The alerter says: {reason}", reason="it names nobody")


def test_a_list_is_made_changed_and_used_only_when_the_alerter_has_checked_it(checked: CheckedFile) -> None:
    assert checked.names() == []
    assert checked.file.add(MUM, checked.seen) == "fine"
    checked.file.add(DAD, checked.seen)
    assert checked.names() == ["mum", "dad"]
    assert checked.path.stat().st_mode & 0o777 == 0o600
    checked.file.change("mum", ReceiverChange(name="mama"), checked.seen)
    checked.file.remove("dad", checked.seen)
    assert checked.names() == ["mama"]
    assert [one.count("[[receivers]]") for one in checked.drafts] == [1, 2, 2, 1]
    assert not draft_of(checked.path).exists()


def test_a_list_that_the_alerter_refuses_changes_nothing(checked: CheckedFile) -> None:
    checked.file.add(MUM, checked.seen)
    before = checked.path.read_bytes()
    checked.answer = refuse
    with pytest.raises(ReceiversError, match="names nobody"):
        checked.file.add(DAD, checked.seen)
    assert checked.path.read_bytes() == before
    assert not draft_of(checked.path).exists()


def test_a_form_that_was_made_from_another_list_is_refused(checked: CheckedFile) -> None:
    seen = checked.seen
    checked.file.add(MUM, seen)
    with pytest.raises(ReceiversError, match="changed elsewhere"):
        checked.file.add(DAD, seen)
    assert checked.names() == ["mum"]


def test_what_an_editor_saves_during_the_check_stays(checked: CheckedFile) -> None:
    checked.file.add(MUM, checked.seen)

    def edited_meanwhile() -> str:
        checked.path.write_text(checked.path.read_text() + "# by hand\n")
        return "fine"

    checked.answer = edited_meanwhile
    with pytest.raises(ReceiversError, match="changed elsewhere"):
        checked.file.add(DAD, checked.seen)
    assert checked.path.read_text().endswith("# by hand\n")


def test_the_rights_of_the_file_stay(checked: CheckedFile) -> None:
    checked.file.add(MUM, checked.seen)
    checked.path.chmod(0o640)
    checked.file.add(DAD, checked.seen)
    assert checked.path.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("name", ["folder", "large", "binary", "pipe"])
def test_a_file_that_cannot_be_read_is_named_in_words(checked: CheckedFile, name: str) -> None:
    if name == "folder":
        checked.path.mkdir()
    elif name == "pipe":
        os.mkfifo(checked.path)
    else:
        checked.path.write_bytes(b"#" * (MOST_ALERTS_BYTES + 1) if name == "large" else b"\xff")
    with pytest.raises(ReceiversError, match=r"The file of receivers"):
        checked.file.read()


def test_a_folder_that_takes_no_file_is_named_in_words(tmp_path: Path) -> None:
    file = ReceiversFile(tmp_path / "missing" / "alerts.toml", lambda: "fine")
    with pytest.raises(ReceiversError, match="cannot be changed: No such file or directory; make the folder"):
        file.add(MUM, file.read().seen)
