"""What is kept of who may log in."""

import msgspec

from tears.journal.access.role import Role


class HouseSession(msgspec.Struct, frozen=True, kw_only=True):
    """A browser that has logged in.

    Attributes:
        id: names it in lists; it opens nothing.
        role: what it may do.
        device: what kind of browser it is, in words such as "Firefox on Android".
        made_at: when it logged in, in seconds since 1970.
        seen_at: when it was last there, to the hour.
        is_saved: whether it survives a restart of the journal; not if the disk refused it.
    """

    id: str
    role: Role
    device: str
    made_at: float
    seen_at: float
    is_saved: bool = True


class AccessToken(msgspec.Struct, frozen=True, kw_only=True):
    """A program that may use the API with a token; of the token itself only a digest is kept.

    Attributes:
        id: names it in lists; it opens nothing.
        name: what a parent calls the program.
        role: what it may do.
        made_at: when it was made, in seconds since 1970.
    """

    id: str
    name: str
    role: Role
    made_at: float


class KeptPassword(msgspec.Struct, frozen=True):
    """The hash of a password, and whether the journal made it up."""

    hash: str
    is_generated: bool
