"""Write `tears:notices`. Raises redis-py's errors as they are."""

from typing import Final

import redis

from tears.kit.messages import NoticeReport
from tears.kit.streams import names

MOST_NOTICE_ENTRIES: Final = 10_000


def publish_report(client: redis.Redis, report: NoticeReport) -> None:
    """Add who was told, or who has reacted."""
    client.xadd(names.NOTICES_STREAM, {names.BODY: report.encode()}, maxlen=MOST_NOTICE_ENTRIES, approximate=True)
