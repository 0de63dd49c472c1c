"""The view of `tears up`: rooms and microphones."""

import io
import time

import msgspec
import pytest
from rich.console import Console

from tears.audio.constants import SILENCE_DBFS
from tears.cli.devices import ListedMicrophone, device_for
from tears.cli.view.change_log import ChangeLog
from tears.cli.view.room_history import RoomHistory
from tears.cli.view.rooms_view import HouseView, room_views
from tears.kit.messages import Ending, Episode, EpisodeState
from tears.kit.registry.mic_state import MicState
from tears.kit.registry.mics import MicRecord
from tears.kit.registry.room_names import RoomNames
from tears.kit.registry.rooms import RoomRecord, RoomState

# 03:12 local time.
NIGHT_SECONDS = time.mktime((2026, 11, 30, 3, 12, 0, 0, 0, -1))


def record(state: str, rate_hz: int = 48_000) -> MicRecord:
    return MicRecord(
        mic="nursery",
        sample_rate_hz=rate_hz,
        channels=1,
        device="usb",
        session="s",
        heartbeat_seconds=0,
        state=MicState(state),
    )


ROOM = RoomRecord(
    mic="nursery",
    state=RoomState.QUIET,
    session="s",
    windows=1,
    tombstones=0,
    cry_score=0.1,
    level_dbfs=-40,
    heard_until_seconds=5,
    episodes=0,
)


def episode(state: EpisodeState, end_seconds: float = 70.0) -> Episode:
    """Return crying from second 60, which was 03:12, on; the alert came at second 64."""
    return Episode(
        episode_id="e",
        mic="nursery",
        state=state,
        ending=Ending.NOT_YET if state is EpisodeState.OPEN else Ending.QUIET,
        start_seconds=60.0,
        alerted_at_seconds=64.0,
        end_seconds=end_seconds,
        peak_score=0.9,
        captured_at_seconds=NIGHT_SECONDS + 4.0,
    )


def shown(
    mic: MicRecord | None,
    room: RoomRecord | None,
    history: RoomHistory | None = None,
    *,
    is_starting: bool = False,
    now_seconds: float = 0.0,
    columns: int = 120,
    given_names: dict[str, str] | None = None,
    **facts: object,
) -> str:
    views = room_views(
        ["nursery"],
        {} if mic is None else {"nursery": mic},
        {} if room is None else {"nursery": room},
        {"nursery": history or RoomHistory()},
        names=RoomNames(given_names),
        now_seconds=now_seconds,
        is_starting=is_starting,
    )
    house = {"model": "cry 1", "receivers": "alerts go to ntfys", "notices_waiting": 2, "faults": ()} | facts
    console = Console(file=io.StringIO(), width=columns)
    console.print(HouseView(rooms=views, now_seconds=NIGHT_SECONDS, **house))  # type: ignore[arg-type]
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize("state", ["silent", "stalled", "absent", "clipping"])
def test_a_fault_of_the_microphone_is_shown_in_place_of_the_state_of_the_room(state: str) -> None:
    expected = "Listening" if state == "clipping" else "Not listening"
    assert f"{expected}: microphone {state}" in shown(record(state), ROOM)


def test_a_room_that_is_heard_with_gaps_because_of_too_many_rooms_says_so() -> None:
    busy = msgspec.structs.replace(ROOM, is_overloaded=True)
    assert "Listening with gaps: too many rooms" in shown(record("listening"), busy)
    assert "Crying" in shown(record("listening"), msgspec.structs.replace(busy, state=RoomState.CRYING))
    deaf = msgspec.structs.replace(busy, state=RoomState.DEAF)
    assert "Not listening: too many rooms for this machine" in shown(record("listening"), deaf)


@pytest.mark.parametrize("state", ["listening", "stopped", "ended"])
def test_without_a_fault_the_state_of_the_room_is_shown(state: str) -> None:
    assert "Listening" in shown(record(state), ROOM)
    assert "Starting" in shown(record(state), None, is_starting=True)


def test_a_room_that_begins_is_starting_and_only_later_not_listening() -> None:
    unseen = record("absent", rate_hz=0)
    assert "Starting" in shown(unseen, None, is_starting=True)
    assert "Not listening: microphone absent" in shown(unseen, None)
    assert "Not listening: no sound yet" in shown(record("listening"), None)


def test_the_view_shows_the_clock_the_model_the_receivers_and_how_many_notices_wait() -> None:
    text = shown(record("listening"), ROOM)
    for fact in ("03:12:00", "model cry 1", "alerts go to ntfys", "notices waiting: 2"):
        assert fact in text


def test_crying_is_shown_since_it_began_and_afterwards_as_the_last_cry() -> None:
    history = RoomHistory()
    history.note_episode(episode(EpisodeState.OPEN))
    crying = msgspec.structs.replace(ROOM, state=RoomState.CRYING)
    assert "Crying since 03:12" in shown(record("listening"), crying, history)
    history.note_episode(episode(EpisodeState.CLOSED, end_seconds=240.0))
    quiet = shown(record("listening"), ROOM, history)
    assert "Crying" not in quiet
    assert "03:15" in quiet


SNOOZED = msgspec.structs.replace(ROOM, snoozed_until_seconds=NIGHT_SECONDS + 1_800.0)


def test_a_snoozed_room_shows_until_when_and_still_shows_crying() -> None:
    assert "Snoozed until 03:42" in shown(record("listening"), SNOOZED)
    crying = msgspec.structs.replace(SNOOZED, state=RoomState.CRYING)
    assert "Crying, snoozed until 03:42" in shown(record("listening"), crying)
    assert "Not listening: no sound arrives" in shown(
        record("listening"), msgspec.structs.replace(SNOOZED, state=RoomState.DEAF)
    )
    assert "microphone clipping, snoozed until 03:42" in shown(record("clipping"), SNOOZED, columns=160)


def test_a_held_room_and_crying_that_somebody_looks_after_are_shown() -> None:
    assert "On hold until it has been quiet" in shown(record("listening"), msgspec.structs.replace(ROOM, is_held=True))
    crying = msgspec.structs.replace(ROOM, state=RoomState.CRYING, is_acknowledged=True)
    assert "Crying, acknowledged" in shown(record("listening"), crying)


def test_a_line_is_printed_when_a_room_is_snoozed_and_when_it_is_told_again() -> None:
    file = io.StringIO()
    log = ChangeLog(Console(file=file), RoomNames())
    for room in (ROOM, SNOOZED, SNOOZED, ROOM):
        log.update({}, {"nursery": room}, is_starting=False)
    lines = file.getvalue().splitlines()
    assert lines[1:] == ["nursery: snoozed until 03:42", "nursery: crying is told again"]


def test_a_room_has_the_name_that_a_parent_gave_it() -> None:
    text = shown(record("listening"), ROOM, given_names={"nursery": "Anna", "attic": "Ben"})
    assert "Anna" in text
    assert "nursery" not in text


def test_a_line_names_a_room_as_parents_do_as_soon_as_the_name_is_known() -> None:
    file, names = io.StringIO(), RoomNames()
    log = ChangeLog(Console(file=file), names)
    log.update({"nursery": record("absent")}, {}, is_starting=False)
    names.given = {"nursery": "Anna"}
    log.update({"nursery": record("listening")}, {"nursery": SNOOZED}, is_starting=False)
    lines = file.getvalue().splitlines()
    assert lines[0] == "nursery: microphone absent"
    assert all(line.startswith("Anna: ") for line in lines[1:])
    assert len(lines) > 2


def test_counts_go_on_when_the_microphone_comes_back_with_a_new_session() -> None:
    history = RoomHistory()
    history.note_episode(episode(EpisodeState.CLOSED))
    history.note_room(msgspec.structs.replace(ROOM, heard_until_seconds=3_600), 0.0)
    again = msgspec.structs.replace(ROOM, session="t", heard_until_seconds=120, episodes=0)
    history.note_room(again, 1.0)
    history.note_room(msgspec.structs.replace(again, heard_until_seconds=180, windows=2), 2.0)
    row = shown(record("listening"), again, history, now_seconds=2.0).splitlines()[-1].split()
    assert row[-3:] == ["1", "1:03", "h"]


@pytest.mark.parametrize("fault", ["stalled", "absent", "silent"])
def test_a_microphone_that_gives_no_sound_has_no_level(fault: str) -> None:
    assert "-40 dB" in shown(record("listening"), ROOM)
    assert "dB" not in shown(record(fault), ROOM)


def test_a_level_does_not_freeze_when_no_window_comes_any_more() -> None:
    history = RoomHistory()
    history.note_room(ROOM, 100.0)
    assert "-40 dB" in shown(record("listening"), ROOM, history, now_seconds=104.0)
    history.note_room(ROOM, 104.0)
    assert "dB" not in shown(record("listening"), ROOM, history, now_seconds=106.0)


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_every_line_fits_the_terminal_and_nothing_is_cut_off(columns: int) -> None:
    history = RoomHistory()
    history.note_episode(episode(EpisodeState.CLOSED))
    faults = ["alerter: redis: it does not answer; see whether it runs, and whether its password is right"]
    text = shown(record("stalled"), ROOM, history, columns=columns, faults=faults)
    assert max(map(len, text.splitlines())) <= columns
    assert "…" not in text
    words = " ".join(text.split())
    for part in ("Not listening:", "stalled", "03:12", "is right"):
        assert part in words


def test_a_terminal_without_unicode_gets_a_bar_of_ascii() -> None:
    console = Console(file=io.TextIOWrapper(io.BytesIO(), encoding="latin-1"), width=80)
    views = room_views(["nursery"], {}, {"nursery": ROOM}, {}, names=RoomNames(), now_seconds=0.0, is_starting=False)
    console.print(HouseView(rooms=views, now_seconds=0.0, model="", receivers="", notices_waiting=None))
    console.file.seek(0)
    assert "##########.......... -40 dB" in console.file.read()


def test_a_line_is_printed_when_a_microphone_fails_and_when_it_works_again() -> None:
    file = io.StringIO()
    log = ChangeLog(Console(file=file), RoomNames())
    for state in ("listening", "absent", "absent", "listening", "listening", "stopped"):
        log.update({"nursery": record(state)}, {}, is_starting=False)

    assert file.getvalue().splitlines() == ["nursery: microphone absent", "nursery: microphone listening"]


def test_no_line_is_printed_about_a_microphone_that_nobody_has_looked_for_yet() -> None:
    file = io.StringIO()
    log = ChangeLog(Console(file=file), RoomNames())
    log.update({"nursery": record("absent", rate_hz=0)}, {}, is_starting=True)
    log.update({"nursery": record("listening")}, {}, is_starting=True)
    assert file.getvalue() == ""


def test_a_room_listens_to_the_device_whose_name_contains_its_own() -> None:
    found = [ListedMicrophone(name="USB Nursery mic", rate_hz=48_000, channels=1, default=True)]

    assert device_for("nursery", found) == "nursery"
    assert device_for("bedroom", found) is None


def test_a_deaf_room_is_shown_to_parents_as_not_listening() -> None:
    deaf = msgspec.structs.replace(ROOM, state=RoomState.DEAF, level_dbfs=SILENCE_DBFS)
    text = shown(None, deaf)
    assert "Not listening" in text
    assert "dBFS" not in text


def test_a_silent_level_is_a_word() -> None:
    assert "silent" in shown(None, msgspec.structs.replace(ROOM, level_dbfs=SILENCE_DBFS))
