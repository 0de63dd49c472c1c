"""Tokens for links that expire: they say what may be done, and only who has the key can make one.

Nothing is stored: the token itself names its purpose, its subject and its end. A token is at most a few hundred
characters of A-Z, a-z, 0-9, `-`, `_` and one dot.
"""

import base64
import binascii
import hashlib
import hmac

import msgspec

from tears.kit.errors import KitError

LINK_KEY_BYTES = 32
_MOST_CHARACTERS = 1_000


class LinkError(KitError):
    """Raised when a token is not one of ours, is for something else, or is too old; the text is for a parent."""


class _LinkBody(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    purpose: str
    subject: str
    ends_at: float


def sign_link(key: bytes, purpose: str, subject: str, ends_at: float) -> str:
    """Return a token.

    Args:
        key: 32 random bytes, which are kept secret.
        purpose: what it is for; a token is good for this alone.
        subject: what it is about, such as the id of an episode.
        ends_at: until when it is good, in seconds since 1970.
    """
    body = msgspec.json.encode(_LinkBody(purpose, subject, ends_at))
    return f"{_text(body)}.{_text(_signature(key, body))}"


def read_link(key: bytes, purpose: str, token: str, now: float) -> str:
    """Return the subject of a token; `now` is in seconds since 1970.

    Raises:
        LinkError: It was not made with this key for this purpose, or its time is over.
    """
    text, _, signature = token.partition(".")
    try:
        if len(token) > _MOST_CHARACTERS:
            raise LinkError("This link is not valid.")
        body = _bytes(text)
        # Only what we have signed is read.
        if not hmac.compare_digest(_bytes(signature), _signature(key, body)):
            raise LinkError("This link is not valid.")
        link = msgspec.json.decode(body, type=_LinkBody)
    except (binascii.Error, ValueError) as error:
        raise LinkError("This link is not valid.") from error
    if link.purpose != purpose:
        raise LinkError("This link is not valid.")
    if now >= link.ends_at:
        raise LinkError("This link has expired.")
    return link.subject


def _signature(key: bytes, body: bytes) -> bytes:
    return hmac.digest(key, body, hashlib.sha256)


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    data = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    # Two texts that differ in bits that stand for nothing would be two tokens of one meaning.
    if _text(data) != text:
        raise LinkError("This link is not valid.")
    return data
