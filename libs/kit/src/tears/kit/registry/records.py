"""Read a registry: a hash in Redis with a JSON record for each microphone."""

import logging
from typing import Any, TypeVar

import msgspec
import redis

logger = logging.getLogger(__name__)

RecordT = TypeVar("RecordT", bound=msgspec.Struct)


def read_records(client: redis.Redis, key: str, record_type: type[RecordT]) -> dict[str, RecordT]:
    """Return the records by microphone; one that cannot be read is logged and left out.

    Raises:
        redis.RedisError: As the client raises it.
    """
    records = {}
    found: Any = client.hgetall(key)
    for name, body in found.items():
        try:
            records[name.decode()] = msgspec.json.decode(body, type=record_type)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            logger.warning("the record of %r in %s cannot be read: %s", name, key, error)
    return records
