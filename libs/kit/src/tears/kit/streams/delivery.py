"""What a stage is handed, and what it makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from tears.kit.errors import UnprocessableError


@dataclass(frozen=True, slots=True)
class Delivery:
    """One stream entry in the hands of this consumer. `deliveries` counts this one too."""

    stream: str
    entry_id: bytes
    body: bytes
    deliveries: int = 1


class Handler(Protocol):
    """The work of a stage. Called from several threads where `in_flight` is above 1."""

    def handle(self, delivery: Delivery) -> Sequence[bytes]:
        """Makes the outputs of an entry.

        Raises:
            UnprocessableError: it can never be handled; `bury` is called next.
            DependencyError: something it needs is away; it is called again, for as long as that takes.
        """

    def bury(self, delivery: Delivery, error: UnprocessableError) -> Sequence[bytes]:
        """Makes the tombstones that go on in place of the outputs of a poisoned entry."""


@dataclass(frozen=True, kw_only=True)
class StageConfig:
    """How a stage draws its work.

    Attributes:
        group: consumer group; each entry of a stream is drawn once per group.
        consumer: stable name of this process, so that it finds its own unfinished entries again.
        output: the stream that outputs go to.
        output_max_entries: trims `output` to about this length; None leaves it to its reader.
        delete_done: removes an entry from its stream once it is finished.
        in_flight: entries handled at the same time.
        claim_idle_seconds: after how long an entry of another consumer is taken to be that of a dead one.
        delivery_cap: how often an entry is begun before it is taken for poison.
        dead_max_entries: bound of the dead-letter stream, which keeps the bodies: 22 MB of windows by default.
        idle_consumer_seconds: after how long a consumer without entries is removed.
    """

    group: str
    consumer: str
    output: str
    output_max_entries: int | None = None
    delete_done: bool = False
    in_flight: int = 1
    claim_idle_seconds: float = 30.0
    delivery_cap: int = 5
    dead_max_entries: int = 100
    idle_consumer_seconds: float = 3_600.0
