"""`tears ack`: say that somebody looks after the baby."""

import click

from tears.cli.places.usual_redis import usual_redis_option
from tears.cli.rooms.asking import ask_and_print
from tears.cli.rooms.house_redis import redis_option
from tears.kit.messages import CommandKind


@click.command("ack")
@click.argument("room", metavar="[ROOM]", default="")
@redis_option
@usual_redis_option
def command(room: str, redis_url: str | None, usual_url: str) -> None:
    """Say that somebody looks after the baby, so that the alert is not repeated.

    It acknowledges the crying of now, in this room or in all, and that nobody listens. New crying is told.
    """
    ask_and_print(CommandKind.ACKNOWLEDGE, redis_url, usual_url, room=room)
