"""Give commands to the alerter over `tears:commands`, and read its answers. Raises redis-py's errors as they are."""

import time
import uuid
from collections.abc import Callable
from typing import Any

import msgspec
import redis

from tears.kit.commands.answer import STALE_COMMAND_SECONDS, CommandAnswer
from tears.kit.errors import CommandError
from tears.kit.messages import Command, CommandKind
from tears.kit.redis_client import is_passing
from tears.kit.streams import names

# The stream keeps about this many commands, for an operator to look at.
MOST_COMMANDS = 1_000
# The alerter looks for commands once a second, and once a window.
ANSWER_SECONDS = 10.0
# For this long an answer waits for the one who asked.
ANSWER_KEPT_SECONDS = int(STALE_COMMAND_SECONDS)
_ANSWER_LOOK_SECONDS = 0.05


def redis_clock_seconds(client: redis.Redis) -> float:
    """Return the time of the clock that all who give and read commands share; of our own clock if Redis keeps it."""
    try:
        found: Any = client.time()
    except redis.ResponseError as error:
        if is_passing(error):
            raise
        return time.time()
    seconds, microseconds = found
    return float(seconds + microseconds / 1e6)


def give_command(
    client: redis.Redis,
    kind: CommandKind,
    *,
    sender: str,
    mic: str = "",
    episode_id: str = "",
    snooze_seconds: float = 0.0,
    receiver: str = "",
    sensitivity: str = "",
) -> Command:
    """Add a command to the stream, once, and return it; the fields are those of `Command`."""
    command = Command(
        command_id=uuid.uuid4().hex,
        issued_at_seconds=redis_clock_seconds(client),
        kind=kind,
        mic=mic,
        episode_id=episode_id,
        snooze_seconds=snooze_seconds,
        sender=sender,
        receiver=receiver,
        sensitivity=sensitivity,
    )
    client.xadd(names.COMMANDS_STREAM, {names.BODY: command.encode()}, maxlen=MOST_COMMANDS, approximate=True)
    return command


def wait_for_answer(
    client: redis.Redis,
    command_id: str,
    wait_seconds: float = ANSWER_SECONDS,
    pause: Callable[[float], object] = time.sleep,
) -> CommandAnswer | None:
    """Block until the alerter has answered; None if it does not, or if nobody can read its answer."""
    gives_up_at_seconds = time.monotonic() + wait_seconds
    while True:
        body: Any = client.get(names.answer(command_id))
        if body is not None:
            try:
                return msgspec.json.decode(body, type=CommandAnswer)
            except msgspec.DecodeError:
                return None
        if time.monotonic() >= gives_up_at_seconds:
            return None
        pause(_ANSWER_LOOK_SECONDS)


def ask_alerter(
    client: redis.Redis,
    kind: CommandKind,
    *,
    sender: str,
    mic: str = "",
    episode_id: str = "",
    snooze_seconds: float = 0.0,
    receiver: str = "",
    sensitivity: str = "",
    wait_seconds: float = ANSWER_SECONDS,
) -> str:
    """Give a command, and block until the alerter has answered; return its answer in words.

    Raises:
        CommandError: It was not obeyed, or no answer came.
        redis.RedisError: As it is.
    """
    command = give_command(
        client,
        kind,
        sender=sender,
        mic=mic,
        episode_id=episode_id,
        snooze_seconds=snooze_seconds,
        receiver=receiver,
        sensitivity=sensitivity,
    )
    answer = wait_for_answer(client, command.command_id, wait_seconds)
    if answer is None:
        raise CommandError(
            f"the alerter has not answered for {wait_seconds:.0f} s: is it running? It obeys the command if it starts "
            f"within {STALE_COMMAND_SECONDS:.0f} s, and after that forgets it"
        )
    if not answer.is_good:
        raise CommandError(answer.words)
    return answer.words
