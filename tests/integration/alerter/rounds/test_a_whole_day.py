"""A day of ten rooms in about a minute: real Redis, real state file, a clock of the test."""

import pytest
from support.alerter.alerter_runs import AlerterRun, AlerterRuns, register
from support.alerter.nights import at, local_zone
from support.redis.detections import LOUD, QUIET, episodes, header, publish, scored, session_end

from tears.kit.commands.giving import give_command
from tears.kit.messages import CommandKind, Detection, EpisodeState
from tears.kit.registry.rooms import RoomState, read_rooms
from tears.kit.streams import names

HOP_SECONDS = 5.0
STEP_SECONDS = 30.0
WINDOWS_A_STEP = int(STEP_SECONDS / HOP_SECONDS)
STEPS_AN_HOUR = int(3_600 / STEP_SECONDS)
ROOMS = [f"room{k}" for k in range(10)]
# Each room cries for a minute in each hour, at a time of its own.
CRYING_STEPS = 2
# These rooms have another day than the rest, in these hours.
SILENT_ROOM, SILENT_HOUR = "room3", 5
SNOOZED_ROOM, SNOOZED_HOUR = "room4", 8
RESTARTED_ROOM, RESTARTED_HOUR = "room5", 11
DEATH_HOUR = 13


class Day:
    """Publishes what the rooms hear, step by step, while the alerter does its rounds."""

    def __init__(self, runs: AlerterRuns) -> None:
        self.runs = runs
        self.run: AlerterRun = runs.begin(report_at=(7, 0))
        self.told: list[str] = []
        self.windows = dict.fromkeys(ROOMS, 0)
        self.sessions = dict.fromkeys(ROOMS, "s1")
        for mic in ROOMS:
            register(runs.client, mic)

    def hear(self, step: int) -> None:
        """Let all rooms hear the next 30 s, and let the alerter take them in."""
        hour, step_of_hour = divmod(step, STEPS_AN_HOUR)
        heard: list[Detection] = []
        for mic in ROOMS:
            if (mic, hour) != (SILENT_ROOM, SILENT_HOUR):
                heard += self._windows(mic, is_crying=self._cries(mic, step_of_hour))
        publish(self.runs.client, heard)
        self.run.turn(seconds=STEP_SECONDS)
        self.run.keeper.turn()
        self._take_notices()

    def snooze(self, mic: str) -> None:
        """Ask for an hour without alerts, as a parent does; the age of a command is judged by Redis' own clock."""
        give_command(self.runs.client, CommandKind.SNOOZE, sender="test", mic=mic, snooze_seconds=3_600.0)
        self.run.turn()

    def restart_recorder(self, mic: str) -> None:
        """End a session properly, and begin the next."""
        publish(self.runs.client, [session_end(self.windows[mic], mic=mic, session=self.sessions[mic])])
        self.sessions[mic], self.windows[mic] = "s2", 0
        register(self.runs.client, mic, session="s2")

    def kill_alerter(self) -> None:
        """Kill the alerter, and start it again."""
        self.run.kill()
        self.run = self.runs.begin(report_at=(7, 0))

    def _cries(self, mic: str, step_of_hour: int) -> bool:
        begins = 10 + 10 * ROOMS.index(mic)
        return begins <= step_of_hour < begins + CRYING_STEPS

    def _windows(self, mic: str, *, is_crying: bool) -> list[Detection]:
        first = self.windows[mic]
        self.windows[mic] += WINDOWS_A_STEP
        score = LOUD if is_crying else QUIET
        of = [
            header(k, mic=mic, session=self.sessions[mic], hop_seconds=HOP_SECONDS)
            for k in range(first, first + WINDOWS_A_STEP)
        ]
        return [scored(score, one) for one in of]

    def _take_notices(self) -> None:
        """Take the notices out of the outbox, as a receiver that accepts them does."""
        self.told += self.run.titles()
        self.run.connection.execute("DELETE FROM notices")
        self.run.connection.commit()


# It takes a minute of a processor, and has to wait for its turn on a busy machine.
@pytest.mark.timeout(1_800)
def test_a_day_of_ten_rooms_is_told_as_it_was(runs: AlerterRuns, monkeypatch: pytest.MonkeyPatch) -> None:
    with local_zone(monkeypatch):
        evening = at("2026-11-29 18:00")
        monkeypatch.setattr("support.redis.detections.WALL_SECONDS", evening)
        runs.clock.step_wall(evening - runs.clock.wall_seconds())
        day = Day(runs)
        for step in range(24 * STEPS_AN_HOUR):
            hour, step_of_hour = divmod(step, STEPS_AN_HOUR)
            if step_of_hour == 0:
                if hour == SNOOZED_HOUR:
                    day.snooze(SNOOZED_ROOM)
                if hour == RESTARTED_HOUR:
                    day.restart_recorder(RESTARTED_ROOM)
                if hour == DEATH_HOUR:
                    day.kill_alerter()
                runs.client.xtrim(names.DETECTIONS_STREAM, maxlen=10_000, approximate=False)
            day.hear(step)
    heard = {mic: 24 - (mic == SILENT_ROOM) for mic in ROOMS}
    told = {mic: count - (mic == SNOOZED_ROOM) for mic, count in heard.items()}
    opened = [one.mic for one in episodes(runs.client) if one.state is EpisodeState.OPEN]
    closed = [one.mic for one in episodes(runs.client) if one.state is EpisodeState.CLOSED]
    assert {mic: opened.count(mic) for mic in ROOMS} == heard
    assert {mic: closed.count(mic) for mic in ROOMS} == heard
    assert {mic: day.told.count(f"{mic}: crying") for mic in ROOMS} == told
    assert [title for title in day.told if "listening" in title] == [
        f"{SILENT_ROOM}: not listening",
        f"{SILENT_ROOM}: listening again",
    ]
    assert {room.state for room in read_rooms(runs.client).values()} == {RoomState.QUIET}
