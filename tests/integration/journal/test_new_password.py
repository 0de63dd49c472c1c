"""`./tears journal password`, as a parent types it."""

from pathlib import Path

from support.journal.served_pages import PARENT_PASSWORD, open_access
from support.processes.tears_command import tears

from tears.journal.errors import AccessError
from tears.kit.clock import SystemClock


def test_a_lost_password_is_replaced(tmp_path: Path) -> None:
    with open_access(tmp_path, SystemClock()) as access:
        for whose, arguments in (("parents", ()), ("guests", ("--guest",))):
            done = tears("journal", "password", *arguments, TEARS_JOURNAL_DATA=str(tmp_path))
            assert done.returncode == 0, done.stderr
            assert done.stdout.startswith(f"the password of the {whose} is now: ")
            password = done.stdout.split()[-1]
            session = access.sessions.find(access.log_in(password, address="", device="a test"))
            assert session is not None
            assert f"{session.role.value}s" == whose
        try:
            access.log_in(PARENT_PASSWORD, address="", device="a test")
        except AccessError:
            return
    raise AssertionError("the old password is still good")


def test_a_folder_without_a_journal_is_an_error_with_the_cure(tmp_path: Path) -> None:
    done = tears("journal", "password", "--data", tmp_path)
    assert done.returncode != 0
    assert "start the journal once, or name the folder of its data in TEARS_JOURNAL_DATA" in done.stderr
    assert list(tmp_path.iterdir()) == []
