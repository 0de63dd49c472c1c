"""`tears resume`: end a snooze or a hold."""

import click

from tears.cli.places.usual_redis import usual_redis_option
from tears.cli.rooms.asking import ask_and_print
from tears.cli.rooms.house_redis import redis_option
from tears.kit.messages import CommandKind


@click.command("resume")
@click.argument("room")
@redis_option
@usual_redis_option
def command(room: str, redis_url: str | None, usual_url: str) -> None:
    """End a snooze or a hold of a room.

    If the baby is crying there and nobody has acknowledged it, you are told at once.
    """
    ask_and_print(CommandKind.RESUME, redis_url, usual_url, room=room)
