"""Find out whether a notice may have arrived although Apprise reports a failure.

Apprise says only that an attempt has failed. The reason is in its debug log: a connection that was refused has carried
nothing, and one that gave no answer may have carried the notice. No I/O.
"""

import enum
import re
from collections.abc import Sequence

# A connection that is closed within this time has met no service that works: a proxy takes connections also while the
# service behind it is down.
AT_ONCE_SECONDS = 2.0

# No request was sent.
_NOT_SENT = re.compile(r"Max retries exceeded|Failed to establish|refused|ConnectTimeout|Name or service|getaddrinfo")
# A request was sent, and no answer came; or a gateway says that it got none from the service behind it.
_NOT_ANSWERED = re.compile(r"Read timed out|error=(504|524)\b")
_CLOSED = re.compile(r"Connection aborted|RemoteDisconnected|reset by peer|Broken pipe")


class AttemptFailure(enum.Enum):
    """The meaning of a failed attempt for its notice."""

    # It has not arrived.
    REFUSED = "refused"
    # The connection was closed at once, so it has almost certainly not arrived.
    HUNG_UP = "hung up"
    # It may have arrived or not.
    UNANSWERED = "unanswered"


def judge_failure(texts: Sequence[str], took_seconds: float, read_timeout_seconds: float) -> AttemptFailure:
    """Return what became of the notice of a failed attempt, by its log and by how long it took."""
    # A service may need several requests, and the log has a line for each that failed.
    sent = [text for text in texts if not _NOT_SENT.search(text)]
    if any(_NOT_ANSWERED.search(text) for text in sent):
        return AttemptFailure.UNANSWERED
    if any(_CLOSED.search(text) for text in sent):
        return AttemptFailure.HUNG_UP if took_seconds < AT_ONCE_SECONDS else AttemptFailure.UNANSWERED
    is_slow = took_seconds >= read_timeout_seconds and len(sent) == len(texts)
    return AttemptFailure.UNANSWERED if is_slow else AttemptFailure.REFUSED
