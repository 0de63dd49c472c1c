"""What a visitor may do."""

import enum


class Role(enum.IntEnum):
    """The rights of a visitor; a higher one includes the lower ones."""

    # Sees the login page and what a link gives them.
    NOBODY = 0
    # Looks and listens, and changes nothing.
    GUEST = 1
    # May do everything.
    PARENT = 2

    @property
    def word(self) -> str:
        """The name in the API, in lower case."""
        return self.name.lower()
