import contextlib
import sqlite3
from pathlib import Path

import pytest

from tears.alerter.database import owned_database
from tears.cli.pipeline.state_place import state_path
from tears.cli.places.running_pipelines import Announcement
from tears.kit.files import FileLock


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("TEARS_ALERTER_STATE_PATH", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def test_the_state_outlives_the_run_in_the_users_folder_for_states(tmp_path: Path) -> None:
    assert state_path(tmp_path / "run", has_own_redis=True) == tmp_path / "state" / "tears" / "up.sqlite"
    assert state_path(tmp_path / "run", has_own_redis=False) == tmp_path / "state" / "tears" / "alerter.sqlite"


def test_without_the_variable_it_is_below_the_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert state_path(tmp_path / "run", has_own_redis=True) == tmp_path / ".local" / "state" / "tears" / "up.sqlite"


def test_a_relative_folder_is_ignored_like_in_every_other_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "state")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert state_path(tmp_path / "run", has_own_redis=True) == tmp_path / ".local" / "state" / "tears" / "up.sqlite"
    entry = Announcement("unix:///tmp/a.sock")
    assert list((tmp_path / ".local" / "state" / "tears" / "pipelines").iterdir())
    entry.close()


def test_without_a_home_it_is_in_the_folder_of_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_STATE_HOME")

    def no_home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", no_home)
    assert state_path(tmp_path / "run", has_own_redis=True) == tmp_path / "run" / "up.sqlite"


def test_a_second_run_at_the_same_time_has_a_second_file(tmp_path: Path) -> None:
    first = state_path(tmp_path / "run", has_own_redis=True)
    with FileLock(first.with_name(first.name + ".lock")):
        assert state_path(tmp_path / "run", has_own_redis=True) == first.with_name("up-2.sqlite")
    assert state_path(tmp_path / "run", has_own_redis=True) == first


def test_the_notices_of_runs_that_have_ended_are_moved_into_the_file_of_the_next_run(tmp_path: Path) -> None:
    first = state_path(tmp_path / "run", has_own_redis=True)
    keep_notices(first, "a", "b")
    keep_notices(first.with_name("up-2.sqlite"), "b", "c")
    keep_notices(first.with_name("up-3.sqlite"), "d")
    keep_notices(first.with_name("alerter.sqlite"), "e")
    with FileLock(first.with_name("up-3.sqlite.lock")):
        assert state_path(tmp_path / "run", has_own_redis=True) == first
    assert kept_notices(first) == ["a", "b", "c"]
    assert kept_notices(first.with_name("up-2.sqlite")) == []
    # The one that was in use, and the one of runs with another Redis, stay as they are.
    assert kept_notices(first.with_name("up-3.sqlite")) == ["d"]
    assert kept_notices(first.with_name("alerter.sqlite")) == ["e"]
    assert state_path(tmp_path / "run", has_own_redis=True) == first
    assert kept_notices(first) == ["a", "b", "c", "d"]


def test_a_file_with_notices_takes_the_place_of_one_that_does_not_exist(tmp_path: Path) -> None:
    second = state_path(tmp_path / "run", has_own_redis=True).with_name("up-2.sqlite")
    keep_notices(second, "a")
    assert state_path(tmp_path / "run", has_own_redis=True) == second
    assert kept_notices(second) == ["a"]


def test_the_notices_of_an_older_release_are_moved_too(tmp_path: Path) -> None:
    first = state_path(tmp_path / "run", has_own_redis=True)
    keep_notices(first, "a")
    second = first.with_name("up-2.sqlite")
    keep_notices(second, "b")
    with contextlib.closing(sqlite3.connect(second)) as database:
        database.execute("ALTER TABLE notices DROP COLUMN happened_at_seconds")
    assert state_path(tmp_path / "run", has_own_redis=True) == first
    assert kept_notices(first) == ["a", "b"]


@pytest.mark.parametrize("damaged", ["up.sqlite", "up-2.sqlite"])
def test_a_damaged_file_is_left_to_the_alerter(tmp_path: Path, damaged: str) -> None:
    first = state_path(tmp_path / "run", has_own_redis=True)
    for name in ("up.sqlite", "up-2.sqlite"):
        keep_notices(first.with_name(name), name)
    content = b"no database " * 100
    first.with_name(damaged).write_bytes(content)
    assert state_path(tmp_path / "run", has_own_redis=True) == first
    assert first.with_name(damaged).read_bytes() == content
    (whole,) = {"up.sqlite", "up-2.sqlite"} - {damaged}
    assert kept_notices(first.with_name(whole)) == [whole]


def keep_notices(path: Path, *keys: str) -> None:
    """Make a state file, as an alerter does, in which notices wait for one receiver."""
    with owned_database(path) as connection:
        for key in keys:
            connection.execute(
                "INSERT INTO notices (target, key, title, body, kind) VALUES ('phone', ?, 'crying', '', 'info')",
                (key,),
            )


def kept_notices(path: Path) -> list[str]:
    with contextlib.closing(sqlite3.connect(path)) as database:
        return [key for (key,) in database.execute("SELECT key FROM notices ORDER BY id")]


def test_a_folder_that_cannot_be_made_is_left_to_the_alerter(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    assert state_path(tmp_path / "run", has_own_redis=True).parent == tmp_path / "state" / "tears"


def test_the_setting_names_another_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEARS_ALERTER_STATE_PATH", "/elsewhere/a.sqlite")
    assert state_path(tmp_path / "run", has_own_redis=True) == Path("/elsewhere/a.sqlite")
