"""Find out whether Redis has read the users of this release: it does so only when it starts."""

from typing import Any

import redis
from redis.exceptions import AuthenticationError, NoPermissionError

from tears.kit.access.redis_users import REDIS_USERS, RULES_USER


def has_other_rules(client: redis.Redis) -> bool:
    """Return whether Redis still has the users of another release, and may refuse what this one does.

    False for a Redis whose users are not ours. Blocks for a connection of its own. Raises redis-py's errors.
    """
    options: dict[str, Any] = client.connection_pool.connection_kwargs
    if options.get("username") not in REDIS_USERS:
        return False
    connection = client.connection_pool.connection_class(**{**options, "username": RULES_USER, "password": "any"})
    try:
        connection.connect()
    except AuthenticationError:
        return True
    except NoPermissionError:
        # It is logged in; the number of a database in the URL is more than it may ask for.
        return False
    finally:
        connection.disconnect()
    return False
