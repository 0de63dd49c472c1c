"""The self-test's place in Redis: its own stream of chunks, and what is known of the two queues of the chain.

Everything here raises redis-py's errors as they are.
"""

from collections.abc import Sequence
from typing import Any

import redis

from tears.alerter.proof.failed_stage import ALIVE_SECONDS, FailedStage, QueueFacts, failed_stage
from tears.kit.messages import AudioChunk
from tears.kit.redis_client import is_stream_missing
from tears.kit.registry.mic_names import SELF_TEST_MIC
from tears.kit.streams import names

# Four tests of 160 KB. Older ones are of no use to anybody.
MOST_SELF_TEST_ENTRIES = 8


class SelfTestStream:
    """Writes `tears:chunks:_selftest`, and asks for the state of the queues."""

    def __init__(self, client: redis.Redis, alive_seconds: float = ALIVE_SECONDS) -> None:
        """Count a consumer as dead that has not asked Redis for anything for `alive_seconds`."""
        self._redis = client
        self._alive_seconds = alive_seconds
        self._stream = names.chunks(SELF_TEST_MIC)

    def send(self, chunks: Sequence[AudioChunk]) -> None:
        """Add the chunks, in one round trip."""
        with self._redis.pipeline(transaction=False) as pipeline:
            for chunk in chunks:
                pipeline.xadd(
                    self._stream, {names.BODY: chunk.encode()}, maxlen=MOST_SELF_TEST_ENTRIES, approximate=False
                )
            replies = pipeline.execute(raise_on_error=False)
        # redis-py would raise an error that begins with the command, and so with sound.
        for error in replies:
            if isinstance(error, redis.RedisError):
                raise error

    def failed_stage(self) -> FailedStage:
        """Return which stage holds the cry up at this moment."""
        return failed_stage(
            self._facts(self._stream, names.PREPROCESSOR_GROUP),
            self._facts(names.WINDOWS_STREAM, names.CLASSIFIER_GROUP),
        )

    def _facts(self, stream: str, group: str) -> QueueFacts:
        try:
            groups: Any = self._redis.xinfo_groups(stream)
        except redis.ResponseError as error:
            if not is_stream_missing(error):
                raise
            return QueueFacts(has_group=False)
        found = next((one for one in groups if one["name"] == group.encode()), None)
        if found is None:
            return QueueFacts(has_group=False, waiting=int(self._redis.xlen(stream)))
        waiting = found["lag"]
        if waiting is None:  # Redis does not know it after a deletion in the middle
            undrawn: Any = self._redis.xrange(stream, f"({found['last-delivered-id'].decode()}", "+", count=1)
            waiting = len(undrawn)
        consumers: Any = self._redis.xinfo_consumers(stream, group)
        idle_seconds = min((one["idle"] / 1000 for one in consumers), default=float("inf"))
        return QueueFacts(
            has_group=True,
            waiting=int(waiting),
            unfinished=int(found["pending"]),
            is_alive=idle_seconds < self._alive_seconds,
        )
