"""Read the sound of a span from the stream of its room, beside the pipeline. Raises redis-py's errors as they are."""

from collections.abc import Iterator
from typing import Any

import redis

from tears.alerter.attachments.clip_span import ClipSpan
from tears.kit.errors import MessageError
from tears.kit.messages import AudioChunk
from tears.kit.streams import names

# 4 s at 96 KB each.
_PAGE_ENTRIES = 4
# A stream that holds more than ten minutes of chunks after the span is not searched further.
MOST_ENTRIES = 600


def chunks_backwards(client: redis.Redis, span: ClipSpan) -> Iterator[AudioChunk]:
    """Yield the chunks that overlap the span, the newest first, one page in memory at a time.

    The stream may have been trimmed meanwhile, or may hold other sessions too: what is there is yielded. A chunk that
    cannot be read is left out.
    """
    before = "+"
    has_begun = False
    for _ in range(MOST_ENTRIES // _PAGE_ENTRIES):
        page: Any = client.xrevrange(names.chunks(span.mic), before, "-", count=_PAGE_ENTRIES)
        for _, fields in page:
            chunk = _decode(fields)
            if chunk is None:
                continue
            if chunk.session != span.session:
                if has_begun:
                    return
                continue
            has_begun = True
            wanted = span.samples(chunk.sample_rate_hz)
            if chunk.first_sample < wanted.stop and chunk.end_sample > wanted.start:
                yield chunk
            if chunk.first_sample <= wanted.start:
                return
        if len(page) < _PAGE_ENTRIES:
            return
        before = f"({page[-1][0].decode()}"


def _decode(fields: dict[bytes, bytes]) -> AudioChunk | None:
    try:
        return AudioChunk.decode(fields.get(names.BODY, b""))
    except MessageError:
        return None
