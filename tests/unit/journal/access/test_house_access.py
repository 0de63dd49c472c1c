"""Who may come in, also when the disk fails."""

import contextlib
import sqlite3
import stat
from pathlib import Path

import pytest
from support.journal.served_pages import GUEST_PASSWORD, PARENT_PASSWORD, open_access

from tears.journal.access.access_file import ACCESS_FILE, MOST_SESSIONS, MOST_TOKENS, AccessFile
from tears.journal.access.house_access import HouseAccess
from tears.journal.access.house_sessions import SESSION_SECONDS
from tears.journal.access.role import Role
from tears.journal.errors import AccessError, StorageError
from tears.journal.new_password import replace_password
from tears.kit.clock import ManualClock
from tears.kit.network.signed_link import LinkError

NOW = 1_790_000_000.0  # in 2026


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(wall_seconds=NOW)


def logged_password(caplog: pytest.LogCaptureFixture) -> str:
    (line,) = [one.getMessage() for one in caplog.records if "log in to the pages" in one.getMessage()]
    return line.split("password ")[1].split()[0]


def log_in(access: HouseAccess, password: str) -> str:
    return access.log_in(password, address="192.168.1.2", device="Firefox on Android")


def break_disk(folder: Path) -> None:
    """Let the file be no file, which is what a disk that was pulled out leaves."""
    for one in folder.glob(f"{ACCESS_FILE}*"):
        one.rename(one.with_name(f"gone-{one.name}"))
    (folder / ACCESS_FILE).mkdir()


def mend_disk(folder: Path) -> None:
    (folder / ACCESS_FILE).rmdir()
    for one in folder.glob("gone-*"):
        one.rename(one.with_name(one.name.removeprefix("gone-")))


def test_the_first_start_logs_a_password_once(
    tmp_path: Path, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    access = HouseAccess(AccessFile(tmp_path / ACCESS_FILE, clock), clock)
    password = logged_password(caplog)
    assert access.sessions.find(log_in(access, password)) is not None
    assert not access.passwords.is_chosen
    access.close()
    caplog.clear()
    again = HouseAccess(AccessFile(tmp_path / ACCESS_FILE, clock), clock)
    assert "password" not in caplog.text
    assert log_in(again, password)
    again.close()


def test_a_first_password_that_is_given_is_not_logged(
    tmp_path: Path, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    file = AccessFile(tmp_path / ACCESS_FILE, clock)
    access = HouseAccess(file, clock, first_password="chosen by a parent")  # noqa: S106 - of a test
    assert log_in(access, "chosen by a parent")
    assert access.passwords.is_chosen
    assert "chosen" not in caplog.text
    # It is only the first one.
    access.set_password(Role.PARENT, "changed by a parent")
    later = HouseAccess(file, clock, first_password="chosen by a parent")  # noqa: S106 - of a test
    with pytest.raises(AccessError):
        log_in(later, "chosen by a parent")
    access.close()


def test_no_secret_is_in_the_file_and_nobody_else_reads_it(tmp_path: Path, clock: ManualClock) -> None:
    with open_access(tmp_path, clock) as access:
        session = log_in(access, PARENT_PASSWORD)
        token, _ = access.make_token("a program", Role.GUEST)
    for path in tmp_path.glob(f"{ACCESS_FILE}*"):
        content = path.read_bytes()
        assert not any(secret.encode() in content for secret in (PARENT_PASSWORD, session, token))
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_session_survives_a_restart_and_ends_after_90_days_away(tmp_path: Path, clock: ManualClock) -> None:
    with open_access(tmp_path, clock) as access:
        secret = log_in(access, PARENT_PASSWORD)
    again = HouseAccess(AccessFile(tmp_path / ACCESS_FILE, clock), clock)
    clock.advance(SESSION_SECONDS - 10.0)
    assert again.sessions.find(secret) is not None
    clock.advance(SESSION_SECONDS - 10.0)
    assert again.sessions.find(secret) is not None
    clock.advance(SESSION_SECONDS + 10.0)
    assert again.sessions.find(secret) is None
    again.close()


def test_a_clock_that_is_not_set_ends_no_session(tmp_path: Path, clock: ManualClock) -> None:
    with open_access(tmp_path, clock) as access:
        secret = log_in(access, PARENT_PASSWORD)
        clock.step_wall(-NOW)
        assert access.sessions.find(secret) is not None
        clock.step_wall(NOW + 31 * 365 * 86_400.0)
        assert access.sessions.find(secret) is not None


def test_a_family_has_so_many_sessions_and_no_more(tmp_path: Path, clock: ManualClock) -> None:
    with open_access(tmp_path, clock) as access:
        first = access.sessions.begin(Role.PARENT, "the oldest")
        for _ in range(MOST_SESSIONS):
            clock.advance(1.0)
            last = access.sessions.begin(Role.PARENT, "another")
        assert len(access.sessions.list_all()) == MOST_SESSIONS
        assert access.sessions.find(first) is None
        assert access.sessions.find(last) is not None


def test_tokens_are_bounded_and_have_names(tmp_path: Path, clock: ManualClock) -> None:
    with open_access(tmp_path, clock) as access:
        with pytest.raises(AccessError, match="Give the token a name"):
            access.make_token(" \n ", Role.GUEST)
        for k in range(MOST_TOKENS):
            access.make_token(f"program {k}", Role.GUEST)
        with pytest.raises(AccessError, match="There are 50 tokens already"):
            access.make_token("one too many", Role.GUEST)
        assert access.token("tears_unknown") is None


def test_guests_come_in_only_while_they_have_a_password(tmp_path: Path, clock: ManualClock) -> None:
    with open_access(tmp_path, clock) as access:
        secret = log_in(access, GUEST_PASSWORD)
        before = access.passwords.lets_guests_in
        access.end_guests()
        assert (before, access.passwords.lets_guests_in) == (True, False)
        assert access.sessions.find(secret) is None
        with pytest.raises(AccessError, match="wrong"):
            log_in(access, GUEST_PASSWORD)


@pytest.mark.parametrize("password", ["", "short", "x" * 201, "       "])
def test_a_password_that_is_too_short_or_too_long_is_refused(tmp_path: Path, clock: ManualClock, password: str) -> None:
    with open_access(tmp_path, clock) as access, pytest.raises(AccessError, match="8 to 200 characters"):
        access.set_password(Role.PARENT, password)


def test_parents_and_guests_have_different_passwords(tmp_path: Path, clock: ManualClock) -> None:
    with open_access(tmp_path, clock) as access:
        for role, password in ((Role.GUEST, PARENT_PASSWORD), (Role.PARENT, GUEST_PASSWORD)):
            with pytest.raises(AccessError, match="different passwords"):
                access.set_password(role, password)


def test_a_new_password_leaves_the_browser_that_has_set_it(tmp_path: Path, clock: ManualClock) -> None:
    with open_access(tmp_path, clock) as access:
        own, other, guest = (log_in(access, one) for one in (PARENT_PASSWORD, PARENT_PASSWORD, GUEST_PASSWORD))
        session = access.sessions.find(own)
        assert session is not None
        access.set_password(Role.PARENT, "a new password", keep_session=session.id)
        assert [access.sessions.find(one) is not None for one in (own, other, guest)] == [True, False, True]


def test_a_password_that_another_process_makes_is_good_at_once(tmp_path: Path, clock: ManualClock) -> None:
    with open_access(tmp_path, clock) as access:
        secret = log_in(access, PARENT_PASSWORD)
        made = replace_password(tmp_path, Role.PARENT)
        assert access.sessions.find(secret) is None
        assert log_in(access, made)
        with pytest.raises(AccessError):
            log_in(access, PARENT_PASSWORD)


def test_without_a_disk_those_who_are_in_stay_in_and_others_come_in(tmp_path: Path, clock: ManualClock) -> None:
    with open_access(tmp_path, clock) as access:
        before = log_in(access, PARENT_PASSWORD)
        never_seen = access.sessions.begin(Role.GUEST, "a guest")
        link = access.links.share("an episode")
        break_disk(tmp_path)
        clock.advance(10.0)
        assert access.sessions.find(before) is not None
        meanwhile = log_in(access, PARENT_PASSWORD)
        assert [one.is_saved for one in access.sessions.list_all()] == [False]
        with pytest.raises(StorageError):
            access.set_password(Role.PARENT, "not while the disk fails")
        assert access.links.shared(link) == "an episode"
        assert access.tokens() == []
        mend_disk(tmp_path)
        clock.advance(10.0)
        for secret in (before, never_seen, meanwhile):
            assert access.sessions.find(secret) is not None
        assert log_in(access, PARENT_PASSWORD)


def test_without_a_disk_from_the_start_there_is_a_password_all_the_same(
    tmp_path: Path, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / ACCESS_FILE).mkdir()
    access = HouseAccess(AccessFile(tmp_path / ACCESS_FILE, clock), clock)
    assert "the password is good until the journal ends" in caplog.text
    secret = log_in(access, logged_password(caplog))
    session = access.sessions.find(secret)
    assert session is not None
    assert not session.is_saved
    assert access.sessions.end(session.id)
    assert access.sessions.find(secret) is None
    access.close()


@pytest.mark.parametrize("damage", ["newer", "rubbish"])
def test_a_file_that_cannot_be_read_is_kept_and_the_house_gets_a_new_password(
    tmp_path: Path, clock: ManualClock, caplog: pytest.LogCaptureFixture, damage: str
) -> None:
    with open_access(tmp_path, clock):
        pass
    path = tmp_path / ACCESS_FILE
    if damage == "newer":
        with sqlite3.connect(path) as connection:
            connection.execute("PRAGMA user_version = 1000")
        connection.close()
    else:
        path.write_bytes(b"no database" * 1_000)
    access = HouseAccess(AccessFile(path, clock), clock)
    assert log_in(access, logged_password(caplog))
    access.close()
    assert len(list(tmp_path.glob(f"{ACCESS_FILE}.*-1"))) == 1


def test_a_wrong_password_is_a_line_in_the_log_without_the_password(
    tmp_path: Path, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    with open_access(tmp_path, clock) as access:
        for password in ("nearly right", PARENT_PASSWORD):
            with contextlib.suppress(AccessError):
                log_in(access, password)
        assert [one.getMessage() for one in caplog.records] == ["a wrong password came from 192.168.1.2"]
        outcomes = [access.metrics.logins.labels(one)._value.get() for one in ("right", "wrong", "refused")]
        assert outcomes == [1, 1, 0]


def test_a_shared_link_ends_after_a_week(tmp_path: Path, clock: ManualClock) -> None:
    with open_access(tmp_path, clock) as access:
        link = access.links.share("an episode")
        clock.advance(7 * 86_400.0 - 1.0)
        assert access.links.shared(link) == "an episode"
        clock.advance(2.0)
        with pytest.raises(LinkError, match="expired"):
            access.links.shared(link)
        with pytest.raises(LinkError, match="not valid"):
            access.links.shared(access.links.sign("acknowledge", "an episode", 100.0))
