"""What a visitor may do."""

import enum


class Role(enum.StrEnum):
    """The rights of a visitor; each role includes those before it."""

    # Sees the login page, and what a link gives them.
    NOBODY = "nobody"
    # Looks and listens, and changes nothing.
    GUEST = "guest"
    # May do everything.
    PARENT = "parent"

    def includes(self, other: "Role") -> bool:
        """Return whether this role may do all that the other may."""
        order = list(Role)
        return order.index(self) >= order.index(other)
