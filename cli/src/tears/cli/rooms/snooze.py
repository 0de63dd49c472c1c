"""`tears snooze`: send no alert of crying for a while."""

import click

from tears.cli.places.usual_redis import usual_redis_option
from tears.cli.rooms.asking import ask_and_print
from tears.cli.rooms.house_redis import redis_option
from tears.kit.commands.durations import read_duration_seconds
from tears.kit.messages import CommandKind
from tears.kit.messages.command import LONGEST_SNOOZE_SECONDS, SHORTEST_SNOOZE_SECONDS


class SnoozeLength(click.ParamType):  # type: ignore[type-arg]  # not generic before click 8.4
    """How long to snooze: 10 min to 4 h."""

    name = "duration"

    def convert(self, value: str | float, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the seconds; refuse everything else."""
        if isinstance(value, float):
            return value
        try:
            seconds = read_duration_seconds(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if not SHORTEST_SNOOZE_SECONDS <= seconds <= LONGEST_SNOOZE_SECONDS:
            self.fail(f"{value} is not from 10m to 4h", param, ctx)
        return seconds


@click.command("snooze")
@click.argument("room")
@click.argument("length", metavar="DURATION", type=SnoozeLength())
@redis_option
@usual_redis_option
def command(room: str, length: float, redis_url: str | None, usual_url: str) -> None:
    """Send no alert of crying in a room for a while: 30m, 2h or 1h30m, from 10m to 4h.

    Crying is still recorded and counted, and you are still told if nobody listens. If the baby is crying when the time
    is over, you are told then. `./tears resume ROOM` ends it earlier.
    """
    ask_and_print(CommandKind.SNOOZE, redis_url, usual_url, room=room, snooze_seconds=length)
