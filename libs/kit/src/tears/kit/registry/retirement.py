"""Retire rooms: say in the registry that nothing more is expected of them, until a recorder registers them again."""

from collections.abc import Sequence

import msgspec
import redis

from tears.kit.errors import RetirementError
from tears.kit.registry.mic_names import mic_of_room, room_of_mic
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
    mics = [mic_of_room(room) for room in rooms]
    known = sorted({*read_mics(client), *read_rooms(client)})
    if unknown := [mic for mic in mics if mic not in known]:
        raise RetirementError(f"there is no room {_names(unknown)}; the rooms are: {_names(known) or 'none'}")
    if listening := [mic for mic in mics if client.exists(names.lease(mic))]:
        raise RetirementError(f"a recorder of {_names(listening)} is running; stop it first")
    for mic in mics:
        retire_mic(client, mic)


def retire_mic(client: redis.Redis, mic: str) -> None:
    """Retire one microphone, whatever its recorder does."""
    known = read_mics(client).get(mic)
    record = known or MicRecord(mic=mic, sample_rate_hz=0, channels=0, device="", session="", heartbeat_seconds=0.0)
    client.hset(names.MICS_HASH, mic, msgspec.structs.replace(record, state=MicState.RETIRED).encode())


def _names(mics: Sequence[str]) -> str:
    return ", ".join(map(room_of_mic, mics))
