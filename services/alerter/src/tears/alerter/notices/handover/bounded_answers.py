"""Read no more of a service's answer than an answer has.

Apprise reads the whole answer into memory. One that never ends, from a wrong address or a broken service, would take
all of it, and with it every alert. And it takes an answer that breaks off for a refusal, so that a parent would get the
same alert again and again, although the service has said by its status that it has it.
"""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import DecodeError, ProtocolError, ReadTimeoutError

# More than any service answers. What follows is not read; the status has come before.
MOST_ANSWER_BYTES = 1_000_000


class BoundedAdapter(HTTPAdapter):
    """Sends a request, and gives only the beginning of an answer that is long, breaks off or stands still."""

    def send(self, *given: Any, **named: Any) -> requests.Response:
        """Return the answer, as the class above does, and raise what it raises."""
        response = super().send(*given, **named)
        read_pieces = response.raw.stream

        def stream(*how: Any, **else_how: Any) -> Iterator[bytes]:
            left_bytes = MOST_ANSWER_BYTES
            # One that breaks off, stands still or is garbled ends there.
            with suppress(ProtocolError, DecodeError, ReadTimeoutError):
                for piece in read_pieces(*how, **else_how):
                    yield piece[:left_bytes]
                    left_bytes -= len(piece)
                    if left_bytes <= 0:
                        response.raw.close()
                        return

        response.raw.stream = stream
        return response


def bound_answers() -> None:
    """Bound every answer to a request of this process from now on; Apprise opens its sessions itself."""
    requests.sessions.HTTPAdapter = BoundedAdapter  # type: ignore[attr-defined]
