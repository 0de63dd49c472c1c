"""Make the passwords of a house at its first start, each in a folder that only one service sees."""

import re
import secrets
from pathlib import Path

from tears.kit.access.redis_users import REDIS_USERS, acl_file, redis_url
from tears.kit.files import write_whole

URL_FILE = "redis-url"
ACL_FILE = "users.acl"
GRAFANA_FILE = "admin-password"
_PASSWORD = re.compile(r"://[^:]+:([^@]+)@")


def new_password() -> str:
    """Return a password of 128 bits, of letters, digits, - and _."""
    return secrets.token_urlsafe(16)


def make_house_keys(folder: Path, redis_host: str) -> str | None:
    """Write what is missing, and keep every password that is there; return Grafana's if it is new.

    `<folder>/<user>/redis-url` is for that service, `<folder>/redis/users.acl` for Redis, and
    `<folder>/grafana/admin-password` for Grafana. The rules are written anew, because an update may change them.

    Raises:
        OSError: A file cannot be read or written.
    """
    passwords = {user: _kept(folder / user / URL_FILE) or new_password() for user in REDIS_USERS}
    for user, password in passwords.items():
        _write(folder / user / URL_FILE, redis_url(user, password, redis_host))
    _write(folder / "redis" / ACL_FILE, acl_file(passwords))
    grafana = folder / "grafana" / GRAFANA_FILE
    if grafana.exists():
        return None
    password = new_password()
    _write(grafana, password)
    return password


def _kept(path: Path) -> str | None:
    if not path.exists():
        return None
    found = _PASSWORD.search(path.read_text(encoding="ascii"))
    return found[1] if found else None


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, text.encode())
    # Each folder is shown to one container only, whose user has another number.
    path.chmod(0o444)
