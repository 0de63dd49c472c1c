"""`tears hold`: send no alert of crying until the baby sleeps."""

import click

from tears.cli.places.usual_redis import usual_redis_option
from tears.cli.rooms.asking import ask_and_print
from tears.cli.rooms.house_redis import redis_option
from tears.kit.messages import CommandKind


@click.command("hold")
@click.argument("room")
@redis_option
@usual_redis_option
def command(room: str, redis_url: str | None, usual_url: str) -> None:
    """Send no alert of crying in a room until it has been quiet for 20 min, for 4 h at most.

    That is for putting the baby to sleep. You are still told if nobody listens. `./tears resume ROOM` ends it.
    """
    ask_and_print(CommandKind.HOLD, redis_url, usual_url, room=room)
