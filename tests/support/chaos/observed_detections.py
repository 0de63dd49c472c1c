"""Watch `tears:detections` beside the alerter, and remember every detection, even if Redis loses it later."""

import contextlib
import threading
from typing import Self

import redis
from support.chaos.crying_night import WINDOWS, expected_score
from support.redis.servers import RedisServer

from tears.kit.errors import MessageError
from tears.kit.messages import Detection, TombstoneReason
from tears.kit.streams import names
from tears.kit.streams.reader import StreamReader

_PAGE_ENTRIES = 500
_WAIT_SECONDS = 0.05


class ObservedDetections:
    """The scores by room and index. A context manager that watches meanwhile."""

    def __init__(self, server: RedisServer) -> None:
        self._server = server
        self._scores: dict[str, dict[int, set[float | None]]] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(10.0)

    def count(self, room: str) -> int:
        """Return how many windows of a room have a detection."""
        return len(self._scores.get(room, {}))

    def is_complete(self) -> bool:
        """Return whether every window of every room that was seen has one."""
        return bool(self._scores) and all(len(found) == WINDOWS for found in list(self._scores.values()))

    def wrong_scores(self, room: str) -> list[int]:
        """Return the windows that had another score than the night has there; a tombstone has none."""
        return [
            index for index, scores in sorted(self._scores[room].items()) if scores - {None} - {expected_score(index)}
        ]

    def describe(self, room: str) -> str:
        """Return which windows have no detection, and which had a tombstone."""
        found = dict(self._scores.get(room, {}))
        missing = [index for index in range(WINDOWS) if index not in found]
        tombstones = [index for index, scores in sorted(found.items()) if None in scores]
        return f"{len(found)} of {WINDOWS} windows; missing {missing}; tombstones {tombstones}"

    def _watch(self) -> None:
        while not self._stop.is_set():
            # A new connection after each fault of Redis, and from the beginning, because the stream may be another.
            with contextlib.suppress(redis.RedisError), contextlib.closing(self._server.client()) as client:
                reader = StreamReader(client, _PAGE_ENTRIES)
                reader.follow(names.DETECTIONS_STREAM)
                while not self._stop.is_set():
                    reader.restart_wiped()
                    for entry in reader.read(_WAIT_SECONDS):
                        self._note(entry.body)
            self._stop.wait(_WAIT_SECONDS)

    def _note(self, body: bytes) -> None:
        try:
            detection = Detection.decode(body)
        except MessageError:
            return
        header, tombstone = detection.header, detection.tombstone
        if tombstone is not None and tombstone.reason is TombstoneReason.END_OF_SESSION:
            return
        score = detection.score_of("crying")
        rounded = None if score is None else round(score, 3)
        self._scores.setdefault(header.mic, {}).setdefault(header.index, set()).add(rounded)
