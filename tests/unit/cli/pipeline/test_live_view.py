"""What `tears up` shows about rooms and microphones."""

import io

import msgspec
import pytest
from rich.console import Console

from tears.audio.constants import SILENCE_DBFS
from tears.cli.devices import ListedMicrophone, device_for
from tears.cli.pipeline.live_view import ChangeLog, rooms_table
from tears.kit.registry.mic_state import MicState
from tears.kit.registry.mics import MicRecord
from tears.kit.registry.rooms import RoomRecord, RoomState


def record(state: str) -> MicRecord:
    return MicRecord(
        mic="nursery",
        sample_rate_hz=48_000,
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


def shown(state: str, *, has_sound: bool = True) -> str:
    console = Console(file=io.StringIO(), width=120)
    console.print(rooms_table({"nursery": record(state)}, {"nursery": ROOM} if has_sound else {}))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize("state", ["silent", "stalled", "absent", "clipping"])
def test_a_fault_of_the_microphone_is_shown_in_place_of_the_state_of_the_room(state: str) -> None:
    assert f"microphone {state}" in shown(state)
    assert f"microphone {state}" in shown(state, has_sound=False)
    assert "quiet" not in shown(state)


@pytest.mark.parametrize("state", ["listening", "stopped", "ended"])
def test_without_a_fault_the_state_of_the_room_is_shown(state: str) -> None:
    assert "quiet" in shown(state)
    assert "starting" in shown(state, has_sound=False)


def test_a_line_is_printed_when_a_microphone_fails_and_when_it_works_again() -> None:
    file = io.StringIO()
    log = ChangeLog(Console(file=file))
    for state in ("listening", "absent", "absent", "listening", "listening", "stopped"):
        log.update({"nursery": record(state)}, {})

    assert file.getvalue().splitlines() == ["nursery: microphone absent", "nursery: microphone listening"]


def test_a_room_listens_to_the_device_whose_name_contains_its_own() -> None:
    found = [ListedMicrophone(name="USB Nursery mic", rate_hz=48_000, channels=1, default=True)]

    assert device_for("nursery", found) == "nursery"
    assert device_for("bedroom", found) is None


def test_a_deaf_room_is_shown_to_parents_as_not_listening() -> None:
    console = Console(record=True, width=120)
    console.print(
        rooms_table({}, {"nursery": msgspec.structs.replace(ROOM, state=RoomState.DEAF, level_dbfs=SILENCE_DBFS)})
    )
    text = console.export_text()
    assert "not listening" in text
    assert "silent" in text
    assert "dBFS" not in text
