import contextlib
from pathlib import Path

import pytest

from tears.cli.errors import StartError
from tears.cli.page.data_place import alerts_file, locked_data_folder


@pytest.fixture(autouse=True)
def states(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.delenv("TEARS_JOURNAL_DATA", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "tears"


def test_the_history_outlives_the_run_in_the_users_folder_for_states_and_is_for_nobody_else(states: Path) -> None:
    for _ in range(2):
        with contextlib.ExitStack() as held:
            assert locked_data_folder(held) == states / "journal"
    assert (states / "journal").stat().st_mode & 0o777 == 0o700


def test_a_second_run_at_the_same_time_has_a_second_folder(states: Path) -> None:
    with contextlib.ExitStack() as first, contextlib.ExitStack() as second:
        assert locked_data_folder(first) == states / "journal"
        assert locked_data_folder(second) == states / "journal-2"
        first.close()
        with contextlib.ExitStack() as third:
            assert locked_data_folder(third) == states / "journal"


def test_the_folder_of_the_setting_is_the_only_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEARS_JOURNAL_DATA", str(tmp_path / "kept"))
    with contextlib.ExitStack() as first, contextlib.ExitStack() as second:
        assert locked_data_folder(first) == tmp_path / "kept"
        with pytest.raises(StartError, match=r"another run uses .*kept; name another folder with TEARS_JOURNAL_DATA"):
            locked_data_folder(second)


def test_without_a_home_the_setting_is_the_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_STATE_HOME")

    def no_home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", no_home)
    with contextlib.ExitStack() as held, pytest.raises(StartError, match=r"name a folder with TEARS_JOURNAL_DATA"):
        locked_data_folder(held)


def test_a_folder_that_cannot_be_made_is_named_with_the_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/proc/nowhere")
    with (
        contextlib.ExitStack() as held,
        pytest.raises(StartError, match=r"/proc/nowhere.* or name another folder with"),
    ):
        locked_data_folder(held)


def test_the_receivers_of_the_page_are_those_of_all_runs(states: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TEARS_ALERTER_RULES", raising=False)
    assert alerts_file() == str(states / "alerts.toml")
    monkeypatch.setenv("TEARS_ALERTER_RULES", "/etc/tears/alerts.toml")
    assert alerts_file() == "/etc/tears/alerts.toml"
