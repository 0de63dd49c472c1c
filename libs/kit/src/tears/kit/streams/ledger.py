"""The state of a consumer group in Redis: the group itself, pending entries, claims, acknowledgements."""

import logging
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any, Literal

import redis
from redis.exceptions import ResponseError

from tears.kit.errors import DependencyError
from tears.kit.redis_client import is_refused_key
from tears.kit.streams.delivery import Delivery, Outputs, ProvisionalOutputs, StageConfig
from tears.kit.streams.lua_scripts import load_script
from tears.kit.streams.names import BODY, dead
from tears.kit.streams.stage_metrics import StageMetrics

logger = logging.getLogger(__name__)

_PENDING_PAGE_ENTRIES = 16
# The results of `finish.lua` beside 0 and 1: everything but the dead letter was written; another entry came before.
_WITHOUT_DEAD_LETTER = 2
_IS_WRONG = 3

# How the finish of an entry went: its outputs were written; it was no longer ours to be finished; or its provisional
# outputs are wrong.
Finish = Literal["written", "lost", "wrong"]

# An entry as redis-py returns it; one that was trimmed has no fields.
RawEntry = tuple[bytes, dict[bytes, bytes]]


class Ledger:
    """The consumer group in Redis, as one consumer uses it. Its methods raise redis-py's errors.

    Thread-safe.
    """

    def __init__(self, client: redis.Redis, config: StageConfig, metrics: StageMetrics) -> None:
        self._redis = client
        self._config = config
        self._metrics = metrics
        self._told_length: int | None = None
        # In a full Redis too, a stage must finish its entries, or nothing would ever make room again. That does no harm
        # if it deletes its input, which frees more memory than the output needs, or if its output is bounded.
        is_harmless = config.delete_done or config.is_output_bounded
        self._finish = load_script(client, __package__, "finish", allow_oom=is_harmless)
        self._create_group = load_script(client, __package__, "create_group")
        self._restamp_future = load_script(client, __package__, "restamp_future")
        self._hold = load_script(client, __package__, "hold")
        self._remove_idle = load_script(client, __package__, "remove_idle_consumers")
        self._remove_finished = load_script(client, __package__, "remove_finished")

    def create_group(self, stream: str) -> None:
        """Make the group, from the stream's beginning, and the stream too if it does not exist."""
        if self._create_group(keys=[stream], args=[self._config.group]):
            self._metrics.groups_created.inc()
            logger.info("created group %s on %s", self._config.group, stream)

    def draw(self, streams: Sequence[str], count: int, block_seconds: float | None = None) -> list[Delivery]:
        """Return new entries, at most `count` from each stream; wait for the first, or for nothing."""
        block = None if block_seconds is None else max(1, int(block_seconds * 1000))
        reply = self._read(dict.fromkeys(streams, b">"), count, block=block)
        return [delivery for stream, entries in reply for delivery in self._deliveries(stream, entries)]

    def own_pending(self, stream: str, known: Container[tuple[str, bytes]]) -> list[Delivery]:
        """Return the entries that this consumer has drawn, now or before a restart, and that are not in `known`.

        `known` holds (stream, id). The bodies are read, which counts as a delivery, only if there is such an entry.
        """
        counts = {entry_id: count for entry_id, count in self._own_counts(stream) if (stream, entry_id) not in known}
        found: list[Delivery] = []
        after = b"0"
        while counts:
            entries = [entry for _, page in self._read({stream: after}, _PENDING_PAGE_ENTRIES) for entry in page]
            if not entries:
                break
            after = entries[-1][0]
            found += self._deliveries(stream, [entry for entry in entries if entry[0] in counts], counts)
        return found

    def claim(self, stream: str, most: int) -> list[Delivery]:
        """Take over entries that other consumers have left idle for `claim_idle_seconds`; about `most` of them.

        A clock that was set back delays that by at most this time, counted from the first call after it.
        """
        config = self._config
        idle_milliseconds = int(config.claim_idle_seconds * 1000)
        self._restamp_future(keys=[stream], args=[config.group])
        found: list[Delivery] = []
        cursor = b"0-0"
        while len(found) < most:
            reply: Any = self._redis.xautoclaim(
                stream, config.group, config.consumer, idle_milliseconds, cursor, count=most - len(found)
            )
            cursor, entries, vanished = reply
            if vanished:
                self._count_trimmed(stream, vanished)
            found += self._deliveries(stream, entries, self._earlier_deliveries(stream, entries))
            if cursor == b"0-0":
                break
        self._metrics.claimed.inc(len(found))
        return found

    def hold(self, stream: str, entry_ids: Sequence[bytes], *, deliveries: int | None = None) -> None:
        """Reset the idle time of these entries, as far as they are ours and still there: we still work on them.

        `deliveries` is their new count of deliveries; None leaves it.
        """
        config = self._config
        count: int | str = "" if deliveries is None else deliveries
        self._hold(keys=[stream], args=[config.group, config.consumer, count, *entry_ids])

    def finish(self, delivery: Delivery, outputs: Outputs, error: str = "") -> Finish:
        """Write outputs (and a dead letter, if there is an error) and acknowledge, in one step.

        Returns:
            "lost" if the entry could no longer be finished: another consumer has finished it, it was trimmed and given
            up, or Redis has lost it; "wrong" if provisional outputs are. Then nothing was written.

        Raises:
            DependencyError: A key holds another type or may not be used; nothing has changed, and an operator can
                mend it.
        """
        try:
            reply: Any = self._call_finish(delivery, outputs, error)
        except ResponseError as refusal:
            if is_refused_key(refusal):
                raise DependencyError(str(refusal)) from refusal
            raise
        return self._finish_of(delivery, reply)

    def finish_all(self, entries: Sequence[tuple[Delivery, Outputs]]) -> list[Finish | None]:
        """Finish entries as `finish` does, in one round trip; return None for each that Redis refused.

        An entry is finished even if the one before it is refused.
        """
        with self._redis.pipeline(transaction=False) as pipeline:
            for delivery, outputs in entries:
                self._call_finish(delivery, outputs, client=pipeline)
            replies: Any = pipeline.execute(raise_on_error=False)
        return [
            None if isinstance(reply, Exception) else self._finish_of(delivery, reply)
            for (delivery, _), reply in zip(entries, replies, strict=True)
        ]

    def _call_finish(
        self, delivery: Delivery, outputs: Outputs, error: str = "", client: redis.Redis | None = None
    ) -> Any:
        config = self._config
        predecessor = b""
        if isinstance(outputs, ProvisionalOutputs):
            predecessor, outputs = outputs.predecessor, outputs.bodies
        return self._finish(
            keys=[delivery.stream, config.output, dead(delivery.stream)],
            args=[
                config.group,
                delivery.entry_id,
                config.consumer,
                int(config.delete_done),
                config.output_max_entries or 0,
                config.dead_max_entries,
                error,
                predecessor,
                *outputs,
            ],
            client=client,
        )

    def _finish_of(self, delivery: Delivery, reply: Any) -> Finish:
        result, self._told_length = reply
        if result == _IS_WRONG:
            return "wrong"
        if result == _WITHOUT_DEAD_LETTER:
            logger.error(
                "entry %s of %s gets no dead letter: %s is not a stream or may not be written",
                delivery.entry_id.decode(),
                delivery.stream,
                dead(delivery.stream),
            )
        return "written" if result else "lost"

    def remove_finished(self, stream: str) -> int:
        """Remove finished entries that were not deleted, if this stage deletes them; return how many."""
        if not self._config.delete_done:
            return 0
        reply: Any = self._remove_finished(keys=[stream], args=[self._config.group])
        if reply:
            logger.warning("removed %d finished entries that had stayed in %s", reply, stream)
        return int(reply)

    def remove_idle_consumers(self, stream: str) -> None:
        """Remove consumers that hold nothing and have been away for `idle_consumer_seconds`."""
        idle_milliseconds = int(self._config.idle_consumer_seconds * 1000)
        self._remove_idle(keys=[stream], args=[self._config.group, self._config.consumer, idle_milliseconds])

    def told_output_length(self) -> int | None:
        """Return what Redis told of the output's length with the last finish, once; None if it has told nothing new."""
        told, self._told_length = self._told_length, None
        return told

    def output_length(self) -> int:
        """Return the number of entries in the output stream."""
        return int(self._redis.xlen(self._config.output))

    def _read(
        self, positions: dict[Any, bytes], count: int, block: int | None = None
    ) -> list[tuple[str, list[RawEntry]]]:
        reply: Any = self._redis.xreadgroup(
            self._config.group, self._config.consumer, {**positions}, count=count, block=block
        )
        return [(stream.decode(), entries) for stream, entries in reply or ()]

    def _own_counts(self, stream: str) -> Iterable[tuple[bytes, int]]:
        """Yield the ids of this consumer's pending entries, and how often each has been delivered."""
        after = "-"
        while True:
            page: Any = self._redis.xpending_range(
                stream, self._config.group, after, "+", _PENDING_PAGE_ENTRIES, self._config.consumer
            )
            for row in page:
                yield row["message_id"], row["times_delivered"]
            if len(page) < _PENDING_PAGE_ENTRIES:
                return
            after = "(" + page[-1]["message_id"].decode()

    def _earlier_deliveries(self, stream: str, entries: Iterable[RawEntry]) -> dict[bytes, int]:
        """Return how often each entry was delivered before this time."""
        counts = {}
        for entry_id, _ in entries:
            pending: Any = self._redis.xpending_range(stream, self._config.group, entry_id, entry_id, 1)
            counts[entry_id] = pending[0]["times_delivered"] - 1 if pending else 0
        return counts

    def _deliveries(
        self, stream: str, entries: Iterable[RawEntry], earlier: Mapping[bytes, int] | None = None
    ) -> list[Delivery]:
        found = []
        for entry_id, fields in entries:
            if not fields:  # trimmed after it was drawn: only its id is left
                self._count_trimmed(stream, [entry_id])
                self._redis.xack(stream, self._config.group, entry_id)
                continue
            count = 1 + (earlier or {}).get(entry_id, 0)
            found.append(Delivery(stream, entry_id, fields.get(BODY, b""), count))
        return found

    def _count_trimmed(self, stream: str, entry_ids: Sequence[bytes]) -> None:
        self._metrics.trimmed_unread.inc(len(entry_ids))
        logger.error("%d entries of %s were trimmed before they were finished", len(entry_ids), stream)
