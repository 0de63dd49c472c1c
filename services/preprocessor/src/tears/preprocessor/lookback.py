"""Reads the chunks before a given chunk in its stream."""

import logging
from typing import Any

import redis

from tears.audio.constants import WINDOW_SECONDS
from tears.kit.errors import MessageError
from tears.kit.messages import AudioChunk
from tears.kit.streams.names import BODY

logger = logging.getLogger(__name__)

# Entries beyond the 5 s, because chunks may be repeated or out of order.
LOOKBACK_MARGIN_ENTRIES = 3
LOOKBACK_PAGE_ENTRIES = 16
# 5 s in chunks of 0.05 s, with a margin. Shorter chunks do not reach back 5 s, so their windows become gaps.
MOST_LOOKBACK_ENTRIES = 128


def chunks_before(client: redis.Redis, stream: str, entry_id: bytes, ticket: AudioChunk) -> list[AudioChunk]:
    """Return the chunks before an entry, newest first, far enough back for the windows that end in it.

    An entry that is not a chunk is skipped: it is buried when its own turn comes. Raises redis-py's errors as they are.
    """
    enough_from = max(0, ticket.first_sample - WINDOW_SECONDS * ticket.sample_rate_hz)
    found: list[AudioChunk] = []
    seen = 0
    before = b"(" + entry_id
    page = _first_page(ticket)
    while seen < MOST_LOOKBACK_ENTRIES:
        entries: Any = client.xrevrange(stream, before, "-", count=page)
        for candidate_id, fields in entries:
            try:
                found.append(AudioChunk.decode(fields.get(BODY, b"")))
            except MessageError as error:
                logger.debug("skipping entry %s of %s: %s", candidate_id.decode(), stream, error)
        seen += len(entries)
        reaches_back = any(one.session == ticket.session and one.first_sample <= enough_from for one in found)
        if reaches_back or len(entries) < page:
            break
        before = b"(" + entries[-1][0]
        page = LOOKBACK_PAGE_ENTRIES
    return found


def _first_page(ticket: AudioChunk) -> int:
    seconds = max(ticket.samples / ticket.sample_rate_hz, 0.05)
    return min(int(WINDOW_SECONDS / seconds + 1) + LOOKBACK_MARGIN_ENTRIES, MOST_LOOKBACK_ENTRIES)
