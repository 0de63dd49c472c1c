"""What the probes answer: alive while the loop progresses, ready while the dependencies answer."""

import threading
from typing import NamedTuple

from tears.kit.clock import Clock

_LOOP_STALLED_AFTER_SECONDS = 30.0
# Services start in any order, so a dependency that is not there this soon after our own start is no news.
STARTING_SECONDS = 10.0


class ProbeVerdict(NamedTuple):
    """The answer of a probe and its reason."""

    good: bool
    reason: str


class Health:
    """Collects heartbeats of the loop and the state of each dependency. Thread-safe."""

    def __init__(
        self,
        clock: Clock,
        stalled_after_seconds: float = _LOOP_STALLED_AFTER_SECONDS,
        stop: threading.Event | None = None,
    ) -> None:
        """Start alive; the service drains once `stop` is set."""
        self._clock = clock
        self._stop = stop or threading.Event()
        self._stalled_after_seconds = stalled_after_seconds
        self._started_at_seconds = self._beaten_at_seconds = clock.monotonic_seconds()
        self._faults: dict[str, str] = {}
        self._have_answered: set[str] = set()
        self._lock = threading.Lock()

    def expect(self, dependency: str) -> None:
        """Report "not ready" until `dependency` has answered once."""
        with self._lock:
            self._faults.setdefault(dependency, "has not answered yet")

    def beat(self) -> None:
        """Note that the loop has made progress."""
        self._beaten_at_seconds = self._clock.monotonic_seconds()

    def answered(self, dependency: str) -> None:
        """Note that a dependency has done what was asked."""
        with self._lock:
            self._faults.pop(dependency, None)
            self._have_answered.add(dependency)

    def failed(self, dependency: str, reason: str) -> None:
        """Note that a dependency has not done what was asked, and why."""
        with self._lock:
            self._faults[dependency] = reason

    def is_starting(self, dependency: str | None = None) -> bool:
        """Return whether a dependency may still be starting: we are 10 s old at most, and it has never answered.

        Its absence is then shown by /readyz and not logged. What really fails is logged when the time is over. None
        asks for any dependency that has a fault now.
        """
        age_seconds = self._clock.monotonic_seconds() - self._started_at_seconds
        with self._lock:
            asked = {dependency} if dependency else set(self._faults)
            return age_seconds < STARTING_SECONDS and not asked <= self._have_answered

    def drain(self) -> None:
        """Report "not ready" from now on, as if the service was asked to stop."""
        self._stop.set()

    def alive(self) -> ProbeVerdict:
        """Return the answer of /healthz."""
        silent_seconds = self._clock.monotonic_seconds() - self._beaten_at_seconds
        if silent_seconds > self._stalled_after_seconds:
            return ProbeVerdict(good=False, reason=f"the loop has made no progress for {silent_seconds:.0f} s")
        return ProbeVerdict(good=True, reason="ok")

    def ready(self) -> ProbeVerdict:
        """Return the answer of /readyz."""
        with self._lock:
            faults = [f"{name}: {reason}" for name, reason in sorted(self._faults.items())]
        if self._stop.is_set():
            faults.insert(0, "draining")
        return ProbeVerdict(good=not faults, reason="; ".join(faults) or "ok")
