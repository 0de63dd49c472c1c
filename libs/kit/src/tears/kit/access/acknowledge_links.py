"""The links by which a parent acknowledges an alert without a login: signed, and valid for a while. No I/O."""

import base64
import hashlib
import hmac

import msgspec

from tears.kit.errors import LinkError, OldLinkError

# An alert is acknowledged in the same night, or not at all.
LINK_SECONDS = 43_200.0
# Longer ones are not ours; a name has up to 255 bytes.
MOST_TOKEN_CHARACTERS = 1_000
_SIGNATURE_BYTES = 16
# Keeps a signature for this purpose from being taken for one of another purpose.
_PURPOSE = b"tears acknowledge 1\0"


class AcknowledgeLink(msgspec.Struct, frozen=True, array_like=True):
    """What a link acknowledges.

    Attributes:
        mic: the room's microphone.
        episode_id: the episode of crying; empty for whatever is open in the room.
        expires_at_seconds: the wall clock, seconds since 1970, from which on the link is not valid.
    """

    mic: str
    episode_id: str
    expires_at_seconds: float


def acknowledge_token(key: bytes, link: AcknowledgeLink) -> str:
    """Return the part of a URL that stands for a link: letters, digits, `-`, `_` and one `.`."""
    content = msgspec.msgpack.encode(link)
    return f"{_text(content)}.{_text(_signature(key, content))}"


def read_acknowledge_token(key: bytes, token: str, wall_seconds: float) -> AcknowledgeLink:
    """Return what a link acknowledges.

    Raises:
        OldLinkError: Its time is over.
        LinkError: It was not made with this key, or was changed.
    """
    content, _, signature = token.partition(".")
    # An empty key would accept what anybody can sign.
    if not key or len(token) > MOST_TOKEN_CHARACTERS:
        raise LinkError("This link is not valid. Open the journal to acknowledge the alert.")
    try:
        body, given = _bytes(content), _bytes(signature)
        is_ours = hmac.compare_digest(given, _signature(key, body))
        link = msgspec.msgpack.decode(body, type=AcknowledgeLink) if is_ours else None
    except ValueError:  # also msgspec's errors
        link = None
    if link is None:
        raise LinkError("This link is not valid. Open the journal to acknowledge the alert.")
    if wall_seconds >= link.expires_at_seconds:
        raise OldLinkError("This link is too old. Open the journal to acknowledge the alert.")
    return link


def _signature(key: bytes, content: bytes) -> bytes:
    return hmac.digest(key, _PURPOSE + content, hashlib.sha256)[:_SIGNATURE_BYTES]


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
