"""The entries that a stage gets, the interface of its handler, and its configuration. No I/O."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self, TypeAlias

from tears.kit.errors import UnprocessableError
from tears.kit.settings import StageSettings


@dataclass(frozen=True, slots=True)
class Delivery:
    """One stream entry that this consumer has.

    Attributes:
        deliveries: How often it was delivered, with this time.
        may_guess: The handler may return provisional outputs; not so once they have turned out to be wrong.
    """

    stream: str
    entry_id: bytes
    body: bytes
    deliveries: int = 1
    may_guess: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class ProvisionalOutputs:
    """Outputs that may have to be made again: if an entry has come between two, or Redis does not answer.

    The first is proved in the step that writes them. So a handler that remembers the entries before this one need not
    ask Redis whether there are others.

    Attributes:
        bodies: The outputs.
        confirm: Called when they were written, and only then, so what counts them belongs here.
        predecessor: The id of the entry that must be directly before this one in its stream, and still there; if it is
            not, the handler is asked again. Empty if that does not matter.
    """

    bodies: Sequence[bytes]
    confirm: Callable[[], None]
    predecessor: bytes = b""


Outputs: TypeAlias = Sequence[bytes] | ProvisionalOutputs


class Handler(Protocol):
    """The work of a stage. Called from several threads."""

    def handle(self, delivery: Delivery) -> Outputs:
        """Return the outputs of an entry.

        Raises:
            UnprocessableError: It can never be handled; `bury` is called next.
            DependencyError: Something that it needs is away; it is called again until that is back.
        """

    def bury(self, delivery: Delivery, error: UnprocessableError) -> Outputs:
        """Return the tombstones to write in place of the outputs of a poisoned entry."""

    def pass_on(self, delivery: Delivery) -> Outputs | None:
        """Return the outputs of an entry that needs no work, such as a tombstone; None if it needs some.

        Raises:
            MessageError: It cannot be read.
        """

    def room_of(self, delivery: Delivery) -> str | None:
        """Return whose entry it is, so that each room gets its share in an overload; None if it is never given up.

        Raises:
            MessageError: It cannot be read.
        """

    def give_up(self, delivery: Delivery, detail: str) -> Outputs:
        """Return the tombstones of an entry that cannot be done in time; `detail` says why. Raise as `handle` does."""


@dataclass(frozen=True, kw_only=True)
class StageConfig:
    """The configuration of a stage: where it reads and writes, and its limits.

    Attributes:
        group: Consumer group; each entry of a stream is drawn once by each group.
        consumer: Stable name of this process, so that it finds its own unfinished entries again.
        output: The stream for outputs.
        output_max_entries: Trims `output` to about this length; None leaves that to its reader.
        is_output_bounded: The stage pauses while `output` is full, so its outputs may go into a Redis without memory.
        delete_done: Removes an entry from its stream when it is finished.
        in_flight: Entries that are handled at the same time.
        claim_idle_seconds: An entry that another consumer has not touched for this time is taken over from it.
        delivery_cap: How often an entry is begun before it counts as poison.
        dead_max_entries: Bound of the dead-letter stream, which keeps the bodies: 22 MB of windows by default.
        overload_seconds: What has waited for longer is given up while there is too much to do; `inf`: nothing is.
        idle_consumer_seconds: A consumer without entries is removed after this time.
    """

    group: str
    consumer: str
    output: str
    output_max_entries: int | None = None
    is_output_bounded: bool = False
    delete_done: bool = False
    in_flight: int = 1
    claim_idle_seconds: float = 30.0
    delivery_cap: int = 5
    dead_max_entries: int = 100
    overload_seconds: float = math.inf
    idle_consumer_seconds: float = 3_600.0

    @classmethod
    def of(cls, settings: StageSettings, **fields: Any) -> Self:
        """Return the configuration of a service with these settings; `fields` are those that no setting decides."""
        cap, idle_seconds = settings.delivery_cap, settings.claim_idle_seconds
        return cls(
            consumer=settings.consumer,
            claim_idle_seconds=idle_seconds,
            delivery_cap=cap,
            overload_seconds=settings.overload_seconds,
            **fields,
        )
