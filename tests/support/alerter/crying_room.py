"""A room whose sound goes on with the test's clock, the alerter that judges it, and a parent's commands."""

from typing import Any

import redis
from support.alerter.alerter_runs import AlerterRun, AlerterRuns
from support.redis.detections import LOUD, QUIET, night, publish

from tears.kit.commands.answer import CommandAnswer
from tears.kit.commands.giving import give_command, wait_for_answer
from tears.kit.messages import CommandKind
from tears.kit.registry.rooms import RoomRecord, read_rooms

# Less than the time after which nobody listens.
STEP_SECONDS = 55


class CryingRoom:
    """The nursery: each second that passes is published as a window, and judged."""

    def __init__(self, runs: AlerterRuns) -> None:
        self.runs = runs
        self.client: redis.Redis = runs.client
        self.run: AlerterRun = runs.begin()
        self._windows = 0
        self.sleep(5)

    def hear(self, score: float, seconds: int, also: str = "") -> None:
        """Let time pass with this score for each second, in the nursery and in another room."""
        while seconds > 0:
            step = min(seconds, STEP_SECONDS)
            self.runs.clock.advance(step)
            for mic in filter(None, ("nursery", also)):
                publish(self.client, night([score] * step, mic=mic, first=self._windows))
            self._windows += step
            seconds -= step
            self.run.turn()

    def cry(self, seconds: int = 30) -> None:
        """Let the baby cry."""
        self.hear(LOUD, seconds)

    def sleep(self, seconds: int = 30) -> None:
        """Let the baby be quiet."""
        self.hear(QUIET, seconds)

    def give(self, kind: CommandKind, **fields: Any) -> CommandAnswer | None:
        """Give a command and return the answer, after a round of the alerter."""
        command = give_command(self.client, kind, sender="test", **fields)
        self.run.turn()
        return wait_for_answer(self.client, command.command_id, 0.0)

    def obey(self, kind: CommandKind, mic: str = "nursery", **fields: Any) -> None:
        """Give a command that must be obeyed."""
        answer = self.give(kind, mic=mic, **fields)
        assert answer is not None
        assert answer.outcome == "obeyed", answer

    def restart(self) -> None:
        """Kill the alerter and start it again."""
        self.run.kill()
        self.run = self.runs.begin()
        self.run.turn()

    def kinds(self) -> list[str]:
        """Return the kinds of the notices in the outbox, the oldest first."""
        return [kind for (kind,) in self.run.connection.execute("SELECT notice_kind FROM notices ORDER BY id")]

    def shown(self) -> RoomRecord:
        """Return what Redis shows of the nursery."""
        return read_rooms(self.client)["nursery"]

    def outcome_count(self, outcome: str) -> float:
        """Return how many commands had this outcome in the present run."""
        return self.run.metric("commands_total", outcome=outcome)
