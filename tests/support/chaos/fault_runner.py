"""Carry out the faults of a plan in a house, and end each of them after its time."""

import contextlib
import heapq
import itertools
import signal
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import redis
from support.chaos.fault_plan import Fault, PlannedFault
from support.chaos.house import ROOMS, House

from tears.kit.streams import names

DELAY_SECONDS = 0.1
# What a full Redis has left.
_LEFT_BYTES = 100_000
# How long after an end that was refused it is tried again.
_RETRY_SECONDS = 0.2


class FaultRunner:
    """Begins and ends faults. `history` tells what was done, for the report of a failure."""

    def __init__(self, house: House, state_path: Path) -> None:
        self._house = house
        self._state_path = state_path
        self._ends: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._copy: Path | None = None
        self._began_at_seconds = time.monotonic()
        self.history: list[str] = []
        # Notices that waited when the alerter was killed: the receiver may have taken them already.
        self.may_be_told_twice = 0

    @property
    def is_over(self) -> bool:
        """Whether every fault that has begun has ended."""
        return not self._ends

    def begin(self, planned: PlannedFault) -> None:
        """Begin a fault."""
        self._note(str(planned))
        end = self._begin(planned)
        if end is not None:
            heapq.heappush(self._ends, (time.monotonic() + planned.lasts_seconds, next(self._numbers), end))

    def end_due(self) -> None:
        """End the faults whose time is over. An end that Redis does not take is tried again later."""
        while self._ends and self._ends[0][0] <= time.monotonic():
            _, number, end = heapq.heappop(self._ends)
            try:
                end()
            except redis.RedisError as error:  # another fault has Redis
                self._note(f"not ended yet: {error}")
                heapq.heappush(self._ends, (time.monotonic() + _RETRY_SECONDS, number, end))

    def _begin(self, planned: PlannedFault) -> Callable[[], None] | None:
        house, service = self._house, planned.service
        match planned.fault:
            case Fault.KILL | Fault.TERMINATE:
                return self._end_process(service, planned.fault)
            case Fault.STOP:
                return self._stop_process(service)
            case Fault.CUT:
                house.proxies[service].cut()
            case Fault.DROP:
                house.proxies[service].drop()
            case Fault.DELAY:
                house.proxies[service].delay(DELAY_SECONDS)
                return lambda: house.proxies[service].delay(0.0)
            case Fault.GARBAGE:
                self._on_redis(_write_garbage)
            case Fault.FULL_MEMORY:
                self._on_redis(self._fill)
                return self._empty
            case _:
                return self._begin_of_redis(planned.fault)
        return None

    def _begin_of_redis(self, fault: Fault) -> Callable[[], None] | None:
        server = self._house.redis
        if not server.is_answering:  # another fault has it
            self._note("skipped, because Redis is away")
            return None
        match fault:
            case Fault.KILL_REDIS:
                server.kill()
                return server.start
            case Fault.FREEZE_REDIS:
                server.freeze()
                return server.thaw
            case Fault.COPY:
                self._copy = server.copy_data()
            case Fault.WIPE if self._may_forget():
                self._on_redis(lambda client: client.flushall())
            case Fault.RESTORE if self._may_forget() and self._copy is not None:
                server.kill()
                server.restore_data(self._copy)
                return server.start
        return None

    def _may_forget(self) -> bool:
        """Return whether all recorders still have to send something, and so find out what Redis has lost."""
        recorders = [self._house.processes[f"recorder-{slot}"] for slot in range(len(ROOMS))]
        return all(recorder.is_running for recorder in recorders)

    def _end_process(self, service: str, how: Fault) -> Callable[[], None] | None:
        process = self._house.processes[service]
        if not process.is_running:
            return None
        if how is Fault.TERMINATE:
            process.terminate()
        else:
            process.kill()
        if service == "alerter-0":
            self._count_waiting_notices()

        def start_again() -> None:
            # One that was asked to stop may still drain, for instance while Redis is away.
            if process.is_running:
                process.kill()
            self._note(f"{service} starts again")
            self._house.start(service)

        return start_again

    def _stop_process(self, service: str) -> Callable[[], None] | None:
        process = self._house.processes[service]
        if not process.is_running:
            return None
        process.send_signal(signal.SIGSTOP)

        def go_on() -> None:
            if process.is_running:
                process.send_signal(signal.SIGCONT)

        return go_on

    def _fill(self, client: redis.Redis) -> None:
        used: int = client.info("memory")["used_memory"]
        client.config_set("maxmemory", used + _LEFT_BYTES)

    def _empty(self) -> None:
        server = self._house.redis
        if not server.is_answering:  # do not wait for the time-out: the end that thaws it may be the next
            raise redis.ConnectionError("Redis is away")
        server.limit_memory(0)

    def _count_waiting_notices(self) -> None:
        # "ro", so that a look makes no file and leaves the state to the alerter. But a write that was interrupted must
        # be undone before anything can be read: "rw".
        for mode in ("ro", "rw"):
            state = f"{self._state_path.absolute().as_uri()}?mode={mode}"
            with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(state, uri=True)) as database:
                (waiting,) = database.execute("SELECT count(*) FROM notices").fetchone()
                self.may_be_told_twice += waiting
                return

    def _on_redis(self, action: Callable[[redis.Redis], object]) -> None:
        try:
            with contextlib.closing(self._house.redis.client()) as client:
                action(client)
        except redis.RedisError as error:
            self._note(f"skipped: {error}")

    def _note(self, text: str) -> None:
        self.history.append(f"{time.monotonic() - self._began_at_seconds:6.1f} s  {text}")


def _write_garbage(client: redis.Redis) -> None:
    for stream in (*map(names.chunks, ROOMS), names.WINDOWS_STREAM, names.DETECTIONS_STREAM, names.EPISODES_STREAM):
        client.xadd(stream, {names.BODY: b"\xff\xfe garbage"})
        client.xadd(stream, {"another field": ""})
    client.hset(names.MICS_HASH, "cellar", b"{not JSON")
    client.hset(names.MICS_HASH, b"\xff\xfe", b"{}")
    client.hset(names.ROOMS_HASH, "cellar", b"[]")
