"""The users that Redis has in a house: their passwords here, and what they were refused."""

from typing import Any

from support.redis.servers import RedisServer

from tears.kit.access.redis_users import REDIS_USERS, acl_file

PASSWORDS = {user: f"secret-of-{user}" for user in REDIS_USERS}


def url_of(server: RedisServer, user: str) -> str:
    """Return the URL by which a user logs in."""
    return server.url.replace("unix://", f"unix://{user}:{PASSWORDS[user]}@")


def add_users(operator: Any) -> None:
    """Give a Redis our users, through the connection of its operator."""
    for line in acl_file(PASSWORDS).splitlines():
        _, user, *rule = line.split()
        # The operator stays; in a house, nobody is logged in without a password.
        if user != "default":
            operator.execute_command("ACL", "SETUSER", user, *rule)


def refusals(operator: Any) -> list[str]:
    """Return what Redis has refused to a user since it started."""
    return [str(one) for one in operator.execute_command("ACL", "LOG")]
