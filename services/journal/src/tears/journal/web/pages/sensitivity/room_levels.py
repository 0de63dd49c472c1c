"""The levels of sensitivity that the rooms have, and how another one is chosen: by a command to the alerter."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import redis

from tears.journal.web.errors import NotNowError, NotThereError
from tears.kit.commands.giving import ask_alerter
from tears.kit.errors import CommandError
from tears.kit.messages import CommandKind
from tears.kit.registry.mic_names import room_of_mic
from tears.kit.registry.rooms import RoomRecord, read_rooms
from tears.policy.sensitivity import SENSITIVITY_LEVELS, Sensitivity


class RoomSensitivity(NamedTuple):
    """A room and its level; None if its threshold is that of no level, or is not known."""

    mic: str
    name: str
    level: Sensitivity | None


def read_levels(client: redis.Redis | None, name_of: Callable[[str], str] = room_of_mic) -> list[RoomSensitivity]:
    """Return the rooms by name; none while Redis is away. `name_of` returns the name of a room for people."""
    if client is None:
        return []
    try:
        rooms = read_rooms(client)
    except redis.RedisError:
        return []
    return [RoomSensitivity(mic, name_of(mic), _level_of(room)) for mic, room in sorted(rooms.items())]


def choose_level(client: redis.Redis | None, level: Sensitivity, mic: str) -> None:
    """Let the alerter use another level in a room, or in all rooms if `mic` is empty; blocks until it has answered.

    Raises:
        NotThereError: There is no such room.
        NotNowError: The alerter has not answered, or Redis is away.
    """
    rooms = [room.mic for room in read_levels(client)]
    if mic and mic not in rooms:
        raise NotThereError("There is no such room any more. Open this page again.")
    if client is None or not rooms:
        raise NotNowError("The sensitivity was not changed, because the alerter cannot be asked. Is it running?")
    _ask_for_all(client, level, [mic] if mic else rooms)


def _ask_for_all(client: redis.Redis, level: Sensitivity, mics: Iterable[str]) -> None:
    try:
        for mic in mics:
            ask_alerter(client, CommandKind.SENSITIVITY, sender="journal", mic=mic, sensitivity=level)
    except (CommandError, redis.RedisError) as error:
        raise NotNowError(
            "The sensitivity was not changed, because the alerter has not answered. Is it running? "
            "If it comes back within a minute, it changes it then."
        ) from error


def _level_of(room: RoomRecord) -> Sensitivity | None:
    """Return the level whose threshold a room has."""
    found = [level for level, one in SENSITIVITY_LEVELS.items() if one.open_threshold == room.open_threshold]
    return found[0] if found else None
