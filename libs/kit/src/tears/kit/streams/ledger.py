"""The books of a consumer group in Redis: groups, own pending entries, claims, acknowledgements."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import Any

import redis
from redis.exceptions import ResponseError

from tears.kit.streams import scripts
from tears.kit.streams.delivery import Delivery, StageConfig
from tears.kit.streams.names import BODY, dead
from tears.kit.streams.stage_metrics import StageMetrics

logger = logging.getLogger(__name__)

PAGE_ENTRIES = 16


class Ledger:
    """Every call here is one round trip or a few; all raise redis-py's errors as they are. Thread-safe."""

    def __init__(self, client: redis.Redis, config: StageConfig, metrics: StageMetrics) -> None:
        self._redis = client
        self._config = config
        self._metrics = metrics
        self._finish = client.register_script(scripts.FINISH)
        self._remove_idle = client.register_script(scripts.REMOVE_IDLE_CONSUMERS)

    def create_group(self, stream: str) -> None:
        """Makes the group, from the stream's beginning, and the stream too where there is none."""
        try:
            self._redis.xgroup_create(stream, self._config.group, id="0", mkstream=True)
        except ResponseError as error:
            if not str(error).startswith("BUSYGROUP"):
                raise
        else:
            self._metrics.groups_created.inc()
            logger.info("created group %s on %s", self._config.group, stream)

    def draw(self, streams: Sequence[str], count: int, block_seconds: float) -> list[Delivery]:
        """New entries, at most `count` a stream; waits for the first."""
        reply = self._redis.xreadgroup(
            self._config.group,
            self._config.consumer,
            dict.fromkeys(streams, ">"),
            count=count,
            block=max(1, int(block_seconds * 1000)),
        )
        return [delivery for stream, entries in _by_stream(reply) for delivery in self._deliveries(stream, entries)]

    def own_pending(self, stream: str, skip: Iterable[bytes]) -> list[Delivery]:
        """What an earlier life of this consumer drew and did not finish, without the ids in `skip`."""
        found: list[Delivery] = []
        after = b"0"
        while True:
            reply = self._redis.xreadgroup(
                self._config.group, self._config.consumer, {stream: after}, count=PAGE_ENTRIES
            )
            entries = [entry for _, page in _by_stream(reply) for entry in page]
            if not entries:
                return found
            after = entries[-1][0]
            kept = [entry for entry in entries if entry[0] not in skip]
            found += self._with_counts(self._deliveries(stream, kept))

    def claim(self, stream: str) -> list[Delivery]:
        """Takes over what has lain idle with others for `claim_idle_seconds`."""
        idle_milliseconds = int(self._config.claim_idle_seconds * 1000)
        found: list[Delivery] = []
        cursor = b"0-0"
        while True:
            reply: Any = self._redis.xautoclaim(
                stream, self._config.group, self._config.consumer, idle_milliseconds, cursor, count=PAGE_ENTRIES
            )
            cursor, entries, vanished = reply
            if vanished:
                self._count_trimmed(stream, vanished)
            found += self._with_counts(self._deliveries(stream, entries))
            if cursor == b"0-0":
                break
        self._metrics.claimed.inc(len(found))
        return found

    def hold(self, stream: str, entry_ids: list[Any]) -> None:
        """Tells the group that these entries are still being worked on."""
        self._redis.xclaim(stream, self._config.group, self._config.consumer, 0, entry_ids, justid=True)

    def finish(self, delivery: Delivery, outputs: Sequence[bytes], error: str = "") -> bool:
        """Writes outputs (and a dead letter, if there is an error) and acknowledges, in one step.

        Returns:
            False if the entry was no longer ours: somebody else has finished it, and nothing was written.
        """
        config = self._config
        reply = self._finish(
            keys=[delivery.stream, config.output, dead(delivery.stream)],
            args=[
                config.group,
                delivery.entry_id,
                int(config.delete_done),
                config.output_max_entries or 0,
                config.dead_max_entries,
                error,
                config.consumer,
                *outputs,
            ],
        )
        return bool(reply)

    def remove_idle_consumers(self, stream: str) -> None:
        """Forgets consumers that hold nothing and have been away for `idle_consumer_seconds`."""
        idle_milliseconds = int(self._config.idle_consumer_seconds * 1000)
        self._remove_idle(keys=[stream], args=[self._config.group, self._config.consumer, idle_milliseconds])

    def output_length(self) -> int:
        """Entries in the output stream."""
        return int(self._redis.xlen(self._config.output))

    def _deliveries(self, stream: str, entries: Iterable[tuple[bytes, dict[bytes, bytes] | None]]) -> list[Delivery]:
        found = []
        for entry_id, fields in entries:
            if not fields:  # trimmed after it was drawn: the id is all that is left
                self._count_trimmed(stream, [entry_id])
                self._redis.xack(stream, self._config.group, entry_id)
                continue
            found.append(Delivery(stream, entry_id, fields.get(BODY, b"")))
        return found

    def _with_counts(self, deliveries: list[Delivery]) -> list[Delivery]:
        counted = []
        for one in deliveries:
            pending: Any = self._redis.xpending_range(one.stream, self._config.group, one.entry_id, one.entry_id, 1)
            times = pending[0]["times_delivered"] if pending else 1
            counted.append(Delivery(one.stream, one.entry_id, one.body, times))
        return counted

    def _count_trimmed(self, stream: str, entry_ids: list[bytes]) -> None:
        self._metrics.trimmed_unread.inc(len(entry_ids))
        logger.error("%d entries of %s were trimmed before they were finished", len(entry_ids), stream)


def _by_stream(reply: Any) -> list[tuple[str, list[tuple[bytes, dict[bytes, bytes] | None]]]]:
    """redis-py answers None, a list or (RESP3) a dict; here it is always a list."""
    pairs = reply.items() if isinstance(reply, dict) else (reply or [])
    return [(stream.decode(), entries) for stream, entries in pairs]
