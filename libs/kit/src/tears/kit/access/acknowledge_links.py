"""The links by which a parent acknowledges an alert without a login: signed, and valid for a while. No I/O."""

from dataclasses import dataclass

from tears.kit.network.signed_link import LinkError, read_link, sign_link

# An alert is acknowledged in the same night, or not at all.
ACKNOWLEDGE_LINK_SECONDS = 43_200.0
_PURPOSE = "acknowledge"


@dataclass(frozen=True, slots=True)
class AcknowledgeLink:
    """What a link acknowledges.

    Attributes:
        mic: the room's microphone, whose name has no slash.
        episode_id: the episode of crying; empty for whatever is open in the room.
    """

    mic: str
    episode_id: str


def acknowledge_token(key: bytes, link: AcknowledgeLink, ends_at: float) -> str:
    """Return the part of a URL that stands for a link; it is good until `ends_at`, in seconds since 1970."""
    return sign_link(key, _PURPOSE, f"{link.mic}/{link.episode_id}", ends_at)


def read_acknowledge_token(key: bytes, token: str, now: float) -> AcknowledgeLink:
    """Return what a link acknowledges; `now` is in seconds since 1970.

    Raises:
        LinkError: It was not made with this key, was changed, or its time is over.
    """
    if not key:
        # Anybody could have signed with an empty one.
        raise LinkError("This link is not valid.")
    mic, _, episode_id = read_link(key, _PURPOSE, token, now).partition("/")
    return AcknowledgeLink(mic, episode_id)
