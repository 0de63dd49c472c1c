"""What a report says of a room, and what it does not claim to know."""

from pathlib import Path

import pytest
from support.alerter.nights import at, cry, hear

from tears.alerter.errors import StateError
from tears.alerter.nights.night_file import NightFile, read_night_file, written_night_file
from tears.alerter.nights.notes import NightNotes
from tears.alerter.nights.reading import NightRecord, as_json, read_night
from tears.alerter.nights.report import facts_of
from tears.kit.calendar.nights import Night
from tears.kit.messages import Ending, Episode, EpisodeState

NIGHT = Night.parse("2026-11-29")
EIGHT = at("2026-11-30 08:00")


def reported(notes: NightNotes, tmp_path: Path, until: float = EIGHT) -> NightRecord:
    path = tmp_path / "alerter.nights.sqlite"
    with written_night_file(path) as file:
        file.write(notes.take())
    with read_night_file(path) as file:
        return read_night(file, NIGHT, until, with_minutes=True)


def test_a_report_counts_the_bouts_and_their_length(tmp_path: Path) -> None:
    notes = NightNotes()
    hear(notes, at("2026-11-29 18:00"), EIGHT)
    cry(notes, at("2026-11-29 21:10"), 240.0)
    cry(notes, at("2026-11-30 02:30"), 600.0)
    room = reported(notes, tmp_path).rooms["nursery"]
    assert (len(room.bouts), room.crying_seconds, room.longest_seconds) == (2, 840.0, 600.0)
    facts = facts_of(room, NIGHT)
    assert (facts["first_seconds"], facts["last_seconds"]) == (at("2026-11-29 21:10"), at("2026-11-30 02:30"))
    assert (facts["quiet_seconds"], facts["quiet_from_seconds"]) == (
        EIGHT - at("2026-11-30 02:40"),
        at("2026-11-30 02:40"),
    )
    assert facts["unheard_seconds"] == 0.0
    assert "week_nights" not in facts


def test_time_that_was_not_heard_is_neither_quiet_nor_hidden(tmp_path: Path) -> None:
    notes = NightNotes()
    hear(notes, at("2026-11-29 18:00"), at("2026-11-29 23:00"))
    hear(notes, at("2026-11-30 04:00"), EIGHT)
    room = reported(notes, tmp_path).rooms["nursery"]
    assert room.unheard_seconds == 5 * 3_600
    assert room.longest_quiet is not None
    assert room.longest_quiet.seconds == 5 * 3_600
    assert [stretch.seconds for stretch in room.heard] == [5 * 3_600, 4 * 3_600]


def test_windows_without_a_score_are_not_heard(tmp_path: Path) -> None:
    notes = NightNotes()
    hear(notes, at("2026-11-29 18:00"), at("2026-11-29 19:00"))
    for k in range(3_600):
        moment = at("2026-11-29 19:00") + k
        notes.note_window("nursery", moment, None, -50.0, moment)
    assert reported(notes, tmp_path).rooms["nursery"].heard_seconds == 3_600


def test_crying_that_goes_on_at_the_hour_of_the_report_counts_until_then(tmp_path: Path) -> None:
    notes = NightNotes()
    hear(notes, at("2026-11-30 06:00"), EIGHT)
    cry(notes, EIGHT - 120.0, 120.0, is_over=False)
    assert reported(notes, tmp_path).rooms["nursery"].crying_seconds == 120.0


def test_an_episode_whose_end_was_lost_does_not_go_on_in_later_nights(tmp_path: Path) -> None:
    notes = NightNotes()
    cry(notes, NIGHT.before(1).starts_seconds + 60.0, 30.0, is_over=False)
    hear(notes, NIGHT.starts_seconds, NIGHT.starts_seconds + 60.0)
    assert reported(notes, tmp_path).rooms["nursery"].bouts == ()


def test_crying_over_the_borders_of_the_night_counts_only_inside_it(tmp_path: Path) -> None:
    notes = NightNotes()
    cry(notes, at("2026-11-29 17:59"), 120.0)
    cry(notes, at("2026-11-29 12:00"), 120.0)
    room = reported(notes, tmp_path).rooms["nursery"]
    assert (len(room.bouts), room.crying_seconds) == (1, 60.0)


def test_a_report_stands_beside_the_median_of_the_week_at_the_same_hours(tmp_path: Path) -> None:
    notes = NightNotes()
    for k, bouts in ((1, 1), (2, 5), (3, 3)):
        night = NIGHT.before(k)
        hear(notes, night.starts_seconds, night.starts_seconds + 2 * 3_600)
        for bout in range(bouts):
            cry(notes, night.starts_seconds + 600.0 * (1 + bout), 60.0)
        # After the hour of the report, so it is not compared.
        cry(notes, night.ends_seconds - 600.0, 300.0)
    hear(notes, NIGHT.starts_seconds, EIGHT)
    week = reported(notes, tmp_path).rooms["nursery"].week
    assert week is not None
    assert (week.nights, week.bouts, week.crying_seconds) == (3, 3, 180.0)


def test_each_room_has_its_own_figures_and_minutes(tmp_path: Path) -> None:
    notes = NightNotes()
    hear(notes, at("2026-11-29 18:00"), at("2026-11-29 19:00"))
    cry(notes, at("2026-11-29 20:00"), 60.0, mic="K_x00FC_che")
    record = reported(notes, tmp_path)
    shown = {room["room"]: room for room in as_json(record)["rooms"]}
    assert (shown["nursery"]["bouts"], shown["Küche"]["bouts"]) == (0, 1)
    (minute,) = record.minutes["K_x00FC_che"].values()
    assert minute.score == pytest.approx(0.9, abs=0.002)


def test_a_message_that_is_read_again_opens_no_episode_that_has_ended(tmp_path: Path) -> None:
    notes = NightNotes()
    cry(notes, at("2026-11-29 20:00"), 60.0)
    reported(notes, tmp_path)
    cry(notes, at("2026-11-29 20:00"), 30.0, is_over=False)
    assert reported(notes, tmp_path).rooms["nursery"].crying_seconds == 60.0


def test_a_recorder_with_a_wrong_clock_is_noted_when_it_comes() -> None:
    notes = NightNotes()
    now = at("2026-11-29 20:00")
    for captured_at in (0.0, now + 86_400.0):
        notes.note_window("nursery", captured_at, 0.5, -40.0, now)
    assert list(notes.take().minutes) == [("nursery", int(now // 60))]


@pytest.mark.parametrize("captured_at", [100.0, at("2031-01-01 03:00")])
def test_crying_of_a_recorder_with_a_wrong_clock_is_noted_when_it_comes(tmp_path: Path, captured_at: float) -> None:
    notes = NightNotes()
    began = at("2026-11-29 20:00")
    for state, at_seconds in ((EpisodeState.OPEN, 103.0), (EpisodeState.CLOSED, 160.0)):
        moment = began + at_seconds - 100.0
        notes.note_window("nursery", captured_at, 0.9, -40.0, moment)
        notes.note_episode(
            Episode(
                episode_id="e",
                mic="nursery",
                state=state,
                ending=Ending.NOT_YET,
                start_seconds=100.0,
                alerted_at_seconds=103.0,
                end_seconds=at_seconds,
                peak_score=0.9,
                captured_at_seconds=captured_at,
            )
        )
    (bout,) = reported(notes, tmp_path).rooms["nursery"].bouts
    assert (bout.from_seconds, bout.until_seconds) == (began, began + 60.0)


def test_an_episode_that_ends_before_any_window_of_a_new_process_is_noted(tmp_path: Path) -> None:
    notes = NightNotes()
    ended = Episode(
        episode_id="e",
        mic="nursery",
        state=EpisodeState.CLOSED,
        ending=Ending.DEAF,
        start_seconds=0.0,
        alerted_at_seconds=3.0,
        end_seconds=60.0,
        peak_score=0.9,
        captured_at_seconds=at("2026-11-29 21:00") + 3.0,
    )
    notes.note_episode(ended)
    (bout,) = reported(notes, tmp_path).rooms["nursery"].bouts
    assert (bout.from_seconds, bout.until_seconds) == (at("2026-11-29 21:00"), at("2026-11-29 21:01"))


def test_old_nights_are_forgotten(tmp_path: Path) -> None:
    notes = NightNotes()
    for k in (0, 5, 9):
        cry(notes, NIGHT.before(k).starts_seconds + 60.0, 60.0)
    with written_night_file(tmp_path / "n.sqlite") as file:
        file.write(notes.take())
        file.forget_before(NIGHT.before(7))
        kept = file.episodes(0.0, EIGHT)
        assert [one.started_seconds for one in kept] == [NIGHT.before(k).starts_seconds + 60.0 for k in (5, 0)]
        assert sum(len(minutes) for minutes in file.minutes(0.0, EIGHT).values()) == 2


def test_the_file_is_bounded_whatever_the_number_of_rooms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tears.alerter.nights.night_file.MOST_MINUTES", 100)
    notes = NightNotes()
    for room in range(4):
        hear(notes, at("2026-11-29 18:00"), at("2026-11-29 19:00"), mic=f"room{room}")
    with written_night_file(tmp_path / "n.sqlite") as file:
        file.write(notes.take())
        file.forget_before(NIGHT)
        kept = file.minutes(0.0, EIGHT)
    assert 90 <= sum(map(len, kept.values())) <= 100
    assert all(max(minutes) * 60 == at("2026-11-29 18:59") for minutes in kept.values())


def test_a_file_that_is_no_database_is_refused_when_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "n.sqlite"
    with pytest.raises(StateError, match="in its first night"), read_night_file(path):
        pass
    path.write_bytes(b"no database" * 100)
    with pytest.raises(StateError, match="cannot be read"), read_night_file(path):
        pass


def test_a_damaged_file_is_moved_aside_when_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "n.sqlite"
    path.write_bytes(b"no database" * 100)
    with written_night_file(path) as file:
        assert isinstance(file, NightFile)
    assert (tmp_path / "n.sqlite.unreadable").exists()
