"""The names that parents have given to rooms, in Redis: `tears:room-names`, a hash of mic -> name.

The journal writes it from its own file, and the alerter reads it when it can.
"""

import itertools
from typing import Any

import redis

from tears.kit.registry.room_names import usable_name
from tears.kit.streams import names

# More rooms than one house has.
_MOST_GIVEN_NAMES = 500


def read_given_names(client: redis.Redis) -> dict[str, str]:
    """Return the names by microphone, without those that cannot be used; raises redis-py's errors."""
    found: Any = client.hgetall(names.ROOM_NAMES_HASH)
    decoded = (
        (mic.decode(errors="replace"), usable_name(name.decode(errors="replace"))) for mic, name in found.items()
    )
    return dict(itertools.islice(((mic, name) for mic, name in decoded if name), _MOST_GIVEN_NAMES))
