"""Retire rooms: say in the registry that nothing more is expected of them, until a recorder registers them again."""

from collections.abc import Sequence

import msgspec
import redis

from tears.kit.errors import RetirementError
from tears.kit.registry.mic_state import MicState
from tears.kit.registry.mics import MicRecord, read_mics
from tears.kit.registry.rooms import read_rooms
from tears.kit.streams import names


def retire_rooms(client: redis.Redis, rooms: Sequence[str]) -> None:
    """Retire rooms whose recorders were stopped for good.

    Raises:
        RetirementError: A room is not known, or a recorder listens to it; then none is retired.
        redis.RedisError: As it is.
    """
    known = sorted({*read_mics(client), *read_rooms(client)})
    if unknown := [room for room in rooms if room not in known]:
        raise RetirementError(f"there is no room {', '.join(unknown)}; the rooms are: {', '.join(known) or 'none'}")
    if listening := [room for room in rooms if client.exists(names.lease(room))]:
        raise RetirementError(f"a recorder of {', '.join(listening)} is running; stop it first")
    for room in rooms:
        retire_mic(client, room)


def retire_mic(client: redis.Redis, mic: str) -> None:
    """Retire one microphone, whatever its recorder does."""
    known = read_mics(client).get(mic)
    record = known or MicRecord(mic=mic, sample_rate_hz=0, channels=0, device="", session="", heartbeat_seconds=0.0)
    client.hset(names.MICS_HASH, mic, msgspec.structs.replace(record, state=MicState.RETIRED).encode())
