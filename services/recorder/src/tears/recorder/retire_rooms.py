"""Retires rooms that are no longer to be listened to: `python -m tears.recorder.retire_rooms ROOM...`.

It is for containers, which do not have the `tears` command.
"""

import os
import sys

import redis

from tears.kit.errors import KitError
from tears.kit.redis_client import connect, why
from tears.kit.registry.retirement import retire_rooms
from tears.kit.settings import ServiceSettings, load_settings

if __name__ == "__main__":
    if not sys.argv[1:]:
        sys.exit("name the rooms: python -m tears.recorder.retire_rooms ROOM...")
    url = {name: value for name, value in os.environ.items() if name == "TEARS_REDIS_URL"}
    try:
        with connect(load_settings(ServiceSettings, url).redis_url) as client:
            retire_rooms(client, sys.argv[1:])
    except redis.RedisError as error:
        sys.exit(f"Redis does not answer: {why(error)}")
    except KitError as error:
        sys.exit(str(error))
    sys.stdout.write(f"nothing is expected of {', '.join(sys.argv[1:])} any more\n")
