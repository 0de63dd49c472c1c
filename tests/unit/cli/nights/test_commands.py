"""`tears report` and `tears tune`, with the night file of an alerter and the results of a replay."""

import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from PIL import Image
from support.alerter.nights import cry, hear

from tears.alerter.errors import StateError
from tears.alerter.nights.night_file import night_file_of, read_night_file, written_night_file
from tears.alerter.nights.notes import NightNotes
from tears.cli.__main__ import main
from tears.cli.nights.night_process import USUAL_STATE, find_state
from tears.kit.calendar.nights import last_night
from tears.kit.clock import SystemClock

NIGHT = last_night(SystemClock.wall_seconds()).before(1)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """Return the state file of an alerter that has kept two nights, in the second of which there was crying."""
    state = tmp_path / "alerter.sqlite"
    notes = NightNotes()
    for night in (NIGHT.before(1), NIGHT):
        hear(notes, night.starts_seconds, night.starts_seconds + 7_200)
    cry(notes, NIGHT.starts_seconds + 3_600, 120.0)
    hear(notes, NIGHT.starts_seconds + 5_000, NIGHT.starts_seconds + 5_020, score=0.4)
    with written_night_file(night_file_of(state)) as file:
        file.write(notes.take())
    return state


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def test_a_report_says_what_the_night_was_like(state: Path) -> None:
    shown = run("report", "--state", str(state), "--night", str(NIGHT))
    assert shown.exit_code == 0, shown.output
    assert "cried once · 2 min" in shown.output
    assert "19:00 - 19:02  2 min" in shown.output
    assert "20:00 - 10:00  nobody listened" in shown.output


def test_a_report_in_json_has_the_figures_and_the_week(state: Path) -> None:
    shown = json.loads(run("report", "--state", str(state), "--night", str(NIGHT), "--json").output)
    (room,) = shown["rooms"]
    assert (shown["night"], room["room"], room["bouts"], room["crying_seconds"]) == (str(NIGHT), "nursery", 1, 120.0)
    assert room["week"] == {"nights": 1, "bouts": 0, "crying_seconds": 0}


def test_a_report_is_drawn(state: Path, tmp_path: Path) -> None:
    png = tmp_path / "pictures" / "night.png"
    shown = run("report", "--state", str(state), "--night", str(NIGHT), "--png", str(png), "--language", "de")
    assert shown.exit_code == 0, shown.output
    assert "Nacht vom" in shown.output
    with Image.open(png) as picture:
        assert picture.width == 1080


def test_a_picture_goes_through_a_pipe(state: Path) -> None:
    shown = run("report", "--state", str(state), "--night", str(NIGHT), "--png", "-")
    assert shown.exit_code == 0, shown.output
    with Image.open(io.BytesIO(shown.stdout_bytes)) as picture:
        assert picture.format == "PNG"


def test_a_night_in_which_nothing_was_heard_says_so(state: Path) -> None:
    assert "Nothing was heard" in run("report", "--state", str(state), "--night", "2026-01-01").output


def test_without_a_night_file_the_error_names_the_cure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    missing = run("report", "--state", str(tmp_path / "none.sqlite"))
    assert missing.exit_code == 1
    assert "in its first night" in missing.output
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.delenv("TEARS_ALERTER_STATE_PATH", raising=False)
    monkeypatch.setattr("tears.cli.nights.night_process.USUAL_STATE", tmp_path / "var" / "alerter.sqlite")
    assert "docker compose exec alerter" in run("report").output


def test_nights_that_belong_to_another_user_say_whom_to_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.delenv("TEARS_ALERTER_STATE_PATH", raising=False)
    # Root may read everything, so the operating system's refusal is played.
    monkeypatch.setattr(Path, "is_file", refuse)
    assert find_state(None) == USUAL_STATE
    with pytest.raises(StateError, match="sudo -u tears"), read_night_file(tmp_path / "n.sqlite"):
        pass


def test_the_nights_of_tears_up_are_found(state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tears").mkdir()
    night_file_of(state).rename(tmp_path / "tears" / "up.nights.sqlite")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.delenv("TEARS_ALERTER_STATE_PATH", raising=False)
    assert "cried once" in run("report", "--night", str(NIGHT)).output


def test_tune_shows_what_each_level_would_have_done(state: Path, tmp_path: Path) -> None:
    png = tmp_path / "levels.png"
    shown = run("tune", "--state", str(state), "--nights", "5", "--open-threshold", "0.95", "--png", str(png))
    assert shown.exit_code == 0, shown.output
    rows = {line.split("│")[1].strip(): line for line in shown.output.splitlines() if "│" in line}
    # The second sound scores 0.4, which only `high` alerts to.
    assert [rows[level].split("│")[2].strip() for level in ("low", "normal", "high", "your own")] == [
        "0.5",
        "0.5",
        "1.0",
        "0.0",
    ]
    assert "1 of 2" in rows["normal"]
    with Image.open(png) as picture:
        assert picture.width == 1080


def test_tune_reads_the_results_of_a_replay(tmp_path: Path) -> None:
    folder = tmp_path / "results" / "one"
    folder.mkdir(parents=True)
    lines = [
        {"mic": "one", "end_seconds": 5.0 + k, "level_dbfs": -30.0, "cry_score": 0.9 if 20 < k < 40 else 0.0}
        for k in range(60)
    ]
    (folder / "detections.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    shown = run("tune", str(tmp_path / "results"))
    assert shown.exit_code == 0, shown.output
    assert "1 recording;" in shown.output
    assert "0 of 1" in shown.output


@pytest.mark.parametrize(
    ("arguments", "cure"),
    [
        (["--open-threshold", "0.1"], "close-threshold"),
        (["--nights", "3"], "not both"),
    ],
)
def test_tune_refuses_what_contradicts_itself(tmp_path: Path, arguments: list[str], cure: str) -> None:
    shown = run("tune", str(tmp_path), *arguments)
    assert shown.exit_code == 1
    assert cure in shown.output


def test_tune_says_which_file_is_no_result_of_a_replay(tmp_path: Path) -> None:
    assert "tears replay" in run("tune", str(tmp_path)).output
    (tmp_path / "detections.jsonl").write_text('{"end_seconds": 1}\n')
    shown = run("tune", str(tmp_path))
    assert shown.exit_code == 1
    assert "detections.jsonl holds no detections" in shown.output
