"""The secret of the links by which a parent acknowledges an alert. The alerter keeps it in Redis for the journal."""

import secrets
from typing import Any

import redis

from tears.kit.streams import names

_KEY_BYTES = 32


class LinkKey:
    """Holds the key. One thread keeps it; any other may read `value`.

    Attributes:
        value: the key; empty while it is not known, and no link is made then.
    """

    def __init__(self) -> None:
        self.value = b""

    def keep(self, client: redis.Redis) -> None:
        """Take the key from Redis, or put a new one there; raises redis-py's errors.

        Redis keeps it over a restart of the alerter, so earlier links stay valid. A Redis that begins empty gets the
        key of this process.
        """
        client.set(names.LINK_KEY, self.value or secrets.token_bytes(_KEY_BYTES), nx=True)
        self.value = read_link_key(client)


def read_link_key(client: redis.Redis) -> bytes:
    """Return the key that the alerter keeps in Redis; empty if there is none. Raises redis-py's errors."""
    found: Any = client.get(names.LINK_KEY)
    return found or b""
