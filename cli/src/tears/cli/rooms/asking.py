"""Give a command to the alerter of the pipeline, and print its answer."""

import click
import redis

from tears.cli.errors import InputError
from tears.cli.rooms.house_redis import found_redis_url
from tears.kit.commands.giving import ask_alerter
from tears.kit.errors import CommandError
from tears.kit.messages import CommandKind
from tears.kit.redis_client import connect, describe, why
from tears.kit.registry.mic_names import mic_of_room


def ask_and_print(
    kind: CommandKind, redis_url: str | None, usual_url: str, *, room: str = "", snooze_seconds: float = 0.0
) -> None:
    """Print what the alerter answers; an empty room means all of them.

    Raises:
        InputError: It has not obeyed, it has not answered, or there is no Redis.
    """
    url = redis_url or found_redis_url(usual_url)
    with connect(url) as client:
        try:
            answer = ask_alerter(client, kind, sender="cli", mic=mic_of_room(room), snooze_seconds=snooze_seconds)
        except CommandError as error:
            raise InputError(str(error)) from error
        except redis.RedisError as error:
            raise InputError(f"Redis at {describe(url)} does not answer: {why(error)}; give --redis") from error
    click.echo(answer)
