from pathlib import Path

import pytest

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


def test_a_folder_that_cannot_be_made_is_left_to_the_alerter(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    assert state_path(tmp_path / "run", has_own_redis=True).parent == tmp_path / "state" / "tears"


def test_the_setting_names_another_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEARS_ALERTER_STATE_PATH", "/elsewhere/a.sqlite")
    assert state_path(tmp_path / "run", has_own_redis=True) == Path("/elsewhere/a.sqlite")
