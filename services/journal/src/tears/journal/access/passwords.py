"""Passwords: made, hashed with scrypt, and compared. No I/O."""

import base64
import hashlib
import hmac
import secrets
import threading

# Without letters that look like others, or that another keyboard has elsewhere.
_LETTERS = "abcdefghikmnpqrstuvwx"
_GROUPS, _GROUP_LETTERS = 3, 4
SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 200

# As strong as the 128 MiB that OWASP's cheat sheet on storing passwords puts first, but with 16 MiB, for a Pi.
_LOG_COST, _BLOCK_SIZE, _PASSES = 14, 8, 5
_MEMORY_BYTES = 2**26
_SALT_BYTES = 16
_KIND = "scrypt"

# One at a time: each takes 16 MiB and half a second of a Pi.
_hashing = threading.Lock()


def new_password() -> str:
    """Return a random password that is easy to type on a phone: twelve letters, 52 bits."""
    letters = [secrets.choice(_LETTERS) for _ in range(_GROUPS * _GROUP_LETTERS)]
    return "-".join("".join(letters[k : k + _GROUP_LETTERS]) for k in range(0, len(letters), _GROUP_LETTERS))


def hash_password(password: str, *, log_cost: int = _LOG_COST) -> str:
    """Return what is kept of a password: how it was hashed, a new salt, and the hash.

    It takes half a second of a Pi on purpose; 2 to the power of `log_cost` says how long, and is less only in tests.
    """
    salt = secrets.token_bytes(_SALT_BYTES)
    digest = _scrypt(password, salt, log_cost, _BLOCK_SIZE, _PASSES)
    return "$".join((_KIND, str(log_cost), str(_BLOCK_SIZE), str(_PASSES), _text(salt), _text(digest)))


def is_password(password: str, kept: str) -> bool:
    """Return whether a password is the one that was kept; takes as long for a wrong one. Long ones are never right."""
    try:
        kind, log_cost, block_size, passes, salt, digest = kept.split("$")
        expected = base64.b64decode(digest, validate=True)
        cost = (int(log_cost), int(block_size), int(passes))
        if kind != _KIND or len(password) > LONGEST_PASSWORD:
            return False
        return hmac.compare_digest(_scrypt(password, base64.b64decode(salt, validate=True), *cost), expected)
    except ValueError:
        # Something that was not kept by us, or a password that is no text.
        return False


def _scrypt(password: str, salt: bytes, log_cost: int, block_size: int, passes: int) -> bytes:
    # A password in the log has groups; nobody has to type the hyphens or the capitals of a phone's first letter.
    secret = password.strip().encode()
    with _hashing:
        return hashlib.scrypt(secret, salt=salt, n=2**log_cost, r=block_size, p=passes, maxmem=_MEMORY_BYTES)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
