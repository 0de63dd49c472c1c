"""Find out whether a notice may have arrived although Apprise reports a failure.

Apprise says only that an attempt has failed. The reason is in its debug log: a connection that was refused has carried
nothing, and one that gave no answer may have carried the notice. No I/O.
"""

import re
from collections.abc import Sequence

# No request was sent.
_NOT_SENT = re.compile(r"Max retries exceeded|Failed to establish|refused|ConnectTimeout|Name or service|getaddrinfo")
# A request was sent, and no answer came; or a gateway says that it got none from the service behind it.
_NOT_ANSWERED = re.compile(
    r"Read timed out|Connection aborted|RemoteDisconnected|reset by peer|Broken pipe|error=(504|524)\b"
)


def may_have_arrived(texts: Sequence[str], took_seconds: float, read_timeout_seconds: float) -> bool:
    """Return whether a failed attempt may have delivered its notice, by its log and by how long it took."""
    text = "\n".join(texts)
    if _NOT_ANSWERED.search(text):
        return True
    return took_seconds >= read_timeout_seconds and not _NOT_SENT.search(text)
