"""A state file on a disk that has no room for it."""

from pathlib import Path

from support.alerter.notices import crying_notice
from support.places import ROOT
from support.processes.small_disk import run_code

from tears.alerter.database import SCHEMA_VERSION, owned_database
from tears.alerter.notices.outbox import Outbox
from tears.alerter.order.stream_position import StreamPosition
from tears.alerter.state import AlerterState, StateChanges

# Room for the tables and a few notices.
FULL_DISK = """
import pathlib, resource, sqlite3, sys
from support.alerter.notices import crying_notice
from tears.alerter.notices.outbox import Outbox
from tears.alerter.order.stream_position import StreamPosition
from tears.alerter.state import AlerterState, StateChanges
from tears.alerter.state_file import GIVE_UP_SECONDS, RETURN_SECONDS, StateFile
from tears.kit.clock import ManualClock

path, clock = pathlib.Path(sys.argv[1]), ManualClock()
# Python keeps the bytecode of a module even if the disk took only the beginning of it.
sys.dont_write_bytecode = True

def set_room(soft):
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))

def fill(connection):
    notices = [crying_notice(f"{k}-{'x' * 500}") for k in range(100)]
    AlerterState(connection, Outbox(connection, ["a"])).commit(StreamPosition("5-0", 6), StateChanges(notices=notices))

def show(state_file, *what):
    reports = [one.keeping.value for one in state_file.reports]
    print(*what, state_file.is_in_memory, Outbox(state_file.connection, ["a"]).counts()[1], reports)
"""
SMALL_ROOM_BYTES, MUCH_ROOM_BYTES = 61_440, 10_000_000


def on_a_full_disk(code: str, path: Path) -> list[str]:
    """Return what the code prints; `set_room` changes how large a file may be."""
    ran = run_code(
        FULL_DISK.replace("import pathlib", f"import sys; sys.path.append({str(ROOT / 'tests')!r})\nimport pathlib")
        + f"SMALL, MUCH = {SMALL_ROOM_BYTES}, {MUCH_ROOM_BYTES}\n{code}",
        str(path),
        largest_file_bytes=MUCH_ROOM_BYTES,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.splitlines()


def test_the_notices_of_an_unreadable_file_are_in_memory_if_the_disk_has_no_room_for_them(path: Path) -> None:
    with owned_database(path) as connection:
        notices = [crying_notice(f"{k}-{'x' * 500}") for k in range(100)]
        AlerterState(connection, Outbox(connection, ["a"])).commit(
            StreamPosition("5-0", 6), StateChanges(notices=notices)
        )
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    code = """
set_room(SMALL)
with StateFile(path, clock) as state_file:
    show(state_file)
    set_room(MUCH)
    clock.advance(RETURN_SECONDS)
    show(state_file, state_file.has_moved())
"""
    assert on_a_full_disk(code, path) == [
        "True 100 ['begun anew', 'in memory']",
        "True False 100 ['begun anew', 'in memory', 'on disk']",
    ]


def test_a_state_in_memory_stays_there_while_the_disk_has_no_room_for_it(path: Path) -> None:
    code = """
with StateFile(path, clock) as state_file:
    state_file.has_moved_after(sqlite3.OperationalError("database or disk is full"))
    clock.advance(GIVE_UP_SECONDS)
    state_file.has_moved_after(sqlite3.OperationalError("database or disk is full"))
    fill(state_file.connection)
    for room in (SMALL, MUCH):
        set_room(room)
        clock.advance(RETURN_SECONDS)
        show(state_file, state_file.has_moved())
"""
    assert on_a_full_disk(code, path) == [
        "False True 100 ['in memory']",
        "True False 100 ['in memory', 'on disk']",
    ]


def test_a_file_that_is_lost_on_a_disk_without_room_gives_way_to_memory(path: Path) -> None:
    code = """
with StateFile(path, clock) as state_file:
    fill(state_file.connection)
    path.unlink()
    for room in (SMALL, MUCH):
        set_room(room)
        clock.advance(RETURN_SECONDS)
        show(state_file, state_file.has_moved())
        fill(state_file.connection)
"""
    assert on_a_full_disk(code, path) == [
        "True True 100 ['in memory']",
        "True False 100 ['in memory', 'on disk']",
    ]
