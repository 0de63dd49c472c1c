"""`tears retire`: say that a room is no longer to be listened to."""

import click
import redis

from tears.cli.errors import InputError
from tears.cli.places.usual_redis import usual_redis_option
from tears.cli.rooms.house_redis import found_redis_url, redis_option
from tears.kit.errors import RetirementError
from tears.kit.redis_client import connect, describe, why
from tears.kit.registry.retirement import retire_rooms


@click.command("retire")
@click.argument("rooms", metavar="ROOM...", nargs=-1, required=True)
@redis_option
@usual_redis_option
def command(rooms: tuple[str, ...], redis_url: str | None, usual_url: str) -> None:
    """Say that a room whose recorder was stopped is no longer to be listened to.

    After a restart, an alert says that nobody listens to a room whose recorder has not come back, until the room is
    retired. A recorder of that room that is started later brings it back.
    """
    url = redis_url or found_redis_url(usual_url)
    with connect(url) as client:
        try:
            retire_rooms(client, rooms)
        except RetirementError as error:
            raise InputError(str(error)) from error
        except redis.RedisError as error:
            raise InputError(f"Redis at {describe(url)} does not answer: {why(error)}; give --redis") from error
    click.echo(f"nothing is expected of {', '.join(rooms)} any more")
