"""What the probes say: alive while the loop progresses, ready while the dependencies answer."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from tears.kit.clock import Clock

STALLED_AFTER_SECONDS = 30.0


@dataclass(frozen=True)
class Verdict:
    """A probe's answer and its reason."""

    good: bool
    reason: str


class Health:
    """Collects heartbeats of the loop and the last word of each dependency. Thread-safe."""

    def __init__(
        self,
        clock: Clock,
        stalled_after_seconds: float = STALLED_AFTER_SECONDS,
        stop: threading.Event | None = None,
    ) -> None:
        """Starts alive.

        Args:
            clock: for the age of the last heartbeat.
            stalled_after_seconds: how old that may be.
            stop: once it is set the service drains.
        """
        self._clock = clock
        self._stop = stop or threading.Event()
        self._stalled_after_seconds = stalled_after_seconds
        self._beaten_at_seconds = clock.monotonic_seconds()
        self._faults: dict[str, str] = {}
        self._lock = threading.Lock()

    def expect(self, dependency: str) -> None:
        """Not ready until `dependency` has answered once."""
        with self._lock:
            self._faults.setdefault(dependency, "has not answered yet")

    def beat(self) -> None:
        """The loop has come round."""
        self._beaten_at_seconds = self._clock.monotonic_seconds()

    def answered(self, dependency: str) -> None:
        """The dependency did what was asked."""
        with self._lock:
            self._faults.pop(dependency, None)

    def failed(self, dependency: str, reason: str) -> None:
        """The dependency did not, for this reason."""
        with self._lock:
            self._faults[dependency] = reason

    def drain(self) -> None:
        """Not ready from now on, as if asked to stop."""
        self._stop.set()

    def alive(self) -> Verdict:
        """For /healthz."""
        silent_seconds = self._clock.monotonic_seconds() - self._beaten_at_seconds
        if silent_seconds > self._stalled_after_seconds:
            return Verdict(good=False, reason=f"the loop has not come round for {silent_seconds:.0f} s")
        return Verdict(good=True, reason="ok")

    def ready(self) -> Verdict:
        """For /readyz."""
        with self._lock:
            faults = [f"{name}: {reason}" for name, reason in sorted(self._faults.items())]
        if self._stop.is_set():
            faults.insert(0, "draining")
        return Verdict(good=not faults, reason="; ".join(faults) or "ok")
