"""The kit's consumer in a thread, with a handler that the test controls."""

import contextlib
import threading
from collections.abc import Callable, Sequence
from typing import Any, Self

import redis
from prometheus_client import CollectorRegistry
from support.waiting import DEADLINE_SECONDS, wait_until

from tears.kit.clock import SystemClock
from tears.kit.errors import UnprocessableError
from tears.kit.health import Health
from tears.kit.redis_client import connect
from tears.kit.streams.consumer import Consumer
from tears.kit.streams.delivery import Delivery, Handler, Outputs, StageConfig
from tears.kit.streams.stage_metrics import StageMetrics

INPUT = "in"
OUTPUT = "out"
GROUP = "group"


class Echo:
    """Answers `body` with `body!`, and with `body?` if it is buried."""

    def __init__(self, first: Callable[[Delivery], object] = lambda _: None) -> None:
        """Call `first` with each delivery before it is answered; it may block, raise or count."""
        self._first = first
        self.begun: list[bytes] = []

    def handle(self, delivery: Delivery) -> Outputs:
        """Return the body with an exclamation mark."""
        self.begun.append(delivery.body)
        self._first(delivery)
        return [delivery.body + b"!"]

    def bury(self, delivery: Delivery, error: UnprocessableError) -> Sequence[bytes]:
        """Return the body with a question mark."""
        del error
        return [delivery.body + b"?"]

    def pass_on(self, delivery: Delivery) -> Outputs | None:
        """Return the body with a plus sign if it begins with `quick`."""
        return [delivery.body + b"+"] if delivery.body.startswith(b"quick") else None

    def room_of(self, delivery: Delivery) -> str | None:
        """Return the name of the stream, as if each were a room's."""
        return delivery.stream

    def give_up(self, delivery: Delivery, detail: str) -> Sequence[bytes]:
        """Return the body with a minus sign."""
        del detail
        return [delivery.body + b"-"]


class Gate:
    """Blocks entries in their handler until it is opened, and counts them."""

    def __init__(self) -> None:
        self._opened = threading.Event()
        self._lock = threading.Lock()
        self.waiting = 0

    def open(self) -> None:
        """Let all entries pass, now and later."""
        self._opened.set()

    def __call__(self, _: Delivery) -> None:
        with self._lock:
            self.waiting += 1
        assert self._opened.wait(2 * DEADLINE_SECONDS), "nobody opened the gate"
        with self._lock:
            self.waiting -= 1


class Stage:
    """One consumer of `in`, with outputs to `out`; runs within the `with` block, or between `start()` and `stop()`."""

    def __init__(
        self,
        url: str,
        handler: Handler | None = None,
        *,
        streams: Sequence[str] = (INPUT,),
        output_capacity: int | None = None,
        **config: Any,
    ) -> None:
        """Start nothing yet; `config` goes to `StageConfig`, with short times and the consumer `a` as defaults."""
        self._client = connect(url)
        self._registry = CollectorRegistry()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="stage")
        self._error: BaseException | None = None
        clock = SystemClock()
        self.handler = handler or Echo()
        self.health = Health(clock)
        self.config = StageConfig(
            **{"group": GROUP, "consumer": "a", "output": OUTPUT, "claim_idle_seconds": 0.2, **config}
        )
        self._consumer = Consumer(
            client=self._client,
            config=self.config,
            streams=lambda: streams,
            handler=self.handler,
            metrics=StageMetrics("stage", self._registry),
            health=self.health,
            clock=clock,
            stop=self._stop,
            output_capacity=output_capacity,
        )

    def start(self) -> None:
        """Start the thread and return at once."""
        self._thread.start()

    def ask_to_stop(self) -> None:
        """Set its stop and return at once."""
        self._stop.set()

    def stop(self) -> None:
        """Stop it; raise its error if it had one."""
        self._stop.set()
        self.wait_for_end()

    def wait_for_end(self) -> None:
        """Block until it has ended; raise its error if it had one."""
        self._thread.join(DEADLINE_SECONDS)
        assert not self._thread.is_alive(), f"still running {DEADLINE_SECONDS:g} s after its stop"
        self._client.close()
        if self._error is not None:
            raise self._error

    def metric(self, name: str, **labels: str) -> float:
        """Return the value of a metric; `name` is without `tears_stage_`."""
        return self._registry.get_sample_value(f"tears_stage_{name}", labels) or 0.0

    def entries(self, outcome: str) -> float:
        """Return how many entries had this outcome."""
        return self.metric("entries_total", outcome=outcome)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _run(self) -> None:
        try:
            self._consumer.run()
        except BaseException as error:  # noqa: BLE001 - raised again in the test's thread
            self._error = error


def put(client: redis.Redis, *bodies: bytes, stream: str = INPUT) -> list[bytes]:
    """Add entries and return their ids."""
    with client.pipeline(transaction=False) as pipeline:
        for body in bodies:
            pipeline.xadd(stream, {b"message": body})
        ids: list[bytes] = pipeline.execute()
    return ids


def bodies_in(client: redis.Redis, stream: str = OUTPUT) -> list[bytes]:
    """Return the bodies in a stream, in order."""
    entries: Any = client.xrange(stream)
    return [fields[b"message"] for _, fields in entries]


def dead_letters(client: redis.Redis, stream: str = INPUT) -> list[dict[bytes, bytes]]:
    """Return the fields of the dead letters."""
    entries: Any = client.xrange(f"{stream}.dead")
    return [fields for _, fields in entries]


def pending_in(client: redis.Redis, stream: str = INPUT) -> dict[bytes, tuple[str, int]]:
    """Return consumer and count of deliveries of each unfinished entry, by id."""
    rows: Any = client.xpending_range(stream, GROUP, "-", "+", 10_000)
    return {row["message_id"]: (row["consumer"].decode(), row["times_delivered"]) for row in rows}


def draw_as(client: redis.Redis, consumer: str, count: int = 1, stream: str = INPUT) -> list[bytes]:
    """Draw entries without handling them, as a dying consumer does; make the group if needed; return their ids."""
    with contextlib.suppress(redis.ResponseError):  # the group exists
        client.xgroup_create(stream, GROUP, id="0", mkstream=True)
    reply: Any = client.xreadgroup(GROUP, consumer, {stream: b">"}, count=count)
    return [entry_id for _, entries in reply for entry_id, _ in entries]


def wait_for_outputs(client: redis.Redis, count: int, stream: str = OUTPUT) -> None:
    """Block until the output holds this many entries."""
    wait_until(
        lambda: client.xlen(stream) >= count,
        describe=lambda: f"{count} entries in {stream}; there are {client.xlen(stream)}",
    )
