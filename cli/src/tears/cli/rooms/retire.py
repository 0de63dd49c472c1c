"""`tears retire`: say that a room is no longer to be listened to."""

import click
import redis

from tears.cli.errors import InputError
from tears.cli.running_pipelines import running_redis_urls
from tears.kit.redis_client import connect, describe, why
from tears.kit.registry.mics import read_mics, retire_mic
from tears.kit.registry.rooms import read_rooms
from tears.kit.streams.names import lease


@click.command("retire")
@click.argument("rooms", metavar="ROOM...", nargs=-1, required=True)
@click.option(
    "--redis",
    "redis_url",
    envvar="TEARS_REDIS_URL",
    help="The Redis of the pipeline.  [default: TEARS_REDIS_URL, else that of the running tears up]",
)
def command(rooms: tuple[str, ...], redis_url: str | None) -> None:
    """Say that a room whose recorder was stopped is no longer to be listened to.

    After a restart, an alert says that nobody listens to a room whose recorder has not come back, until the room is
    retired. A recorder of that room that is started later brings it back.
    """
    url = redis_url or _running_redis_url()
    with connect(url) as client:
        try:
            _retire(client, rooms)
        except redis.RedisError as error:
            raise InputError(f"Redis at {describe(url)} does not answer: {why(error)}; give --redis") from error
    click.echo(f"nothing is expected of {', '.join(rooms)} any more")


def _running_redis_url() -> str:
    urls = running_redis_urls()
    if len(urls) != 1:
        found = "no tears up is running here" if not urls else f"{len(urls)} of tears up are running here"
        raise InputError(f"{found}; name the Redis of the pipeline with --redis or TEARS_REDIS_URL")
    return urls[0]


def _retire(client: redis.Redis, rooms: tuple[str, ...]) -> None:
    known = sorted({*read_mics(client), *read_rooms(client)})
    if unknown := [room for room in rooms if room not in known]:
        raise InputError(f"there is no room {', '.join(unknown)}; the rooms are: {', '.join(known) or 'none'}")
    if listening := [room for room in rooms if client.exists(lease(room))]:
        raise InputError(f"a recorder of {', '.join(listening)} is running; stop it first")
    for room in rooms:
        retire_mic(client, room)
