"""The alerter's answer to a command. No I/O."""

import enum

import msgspec


class CommandOutcome(enum.StrEnum):
    """What became of a command. The alerter's metrics and the answers hold these words."""

    OBEYED = "obeyed"
    # There was nothing to acknowledge or to resume.
    NEEDLESS = "needless"
    # There is no such room or episode.
    UNKNOWN = "unknown"
    # It is older than `STALE_COMMAND_SECONDS`: what it was about may be over.
    STALE = "stale"
    # A command of the same id was answered before.
    DOUBLED = "doubled"
    # It cannot be read, or asks for something that does not exist.
    MALFORMED = "malformed"
    # A service did not accept the test, or the draft of the file of receivers has a fault.
    REFUSED = "refused"
    # The alerter broke down over it. That is a fault of Tears, and alerts go on.
    FAILED = "failed"


# A command that waited for longer is not obeyed.
STALE_COMMAND_SECONDS = 60.0


class CommandAnswer(msgspec.Struct, frozen=True):
    """An answer in words for the person who gave the command."""

    outcome: CommandOutcome
    words: str

    @property
    def is_good(self) -> bool:
        """Return whether it is as the person wanted it."""
        return self.outcome in {CommandOutcome.OBEYED, CommandOutcome.NEEDLESS}
