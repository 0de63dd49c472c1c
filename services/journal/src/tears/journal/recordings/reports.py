"""Log the work of the journal: numbers that grow, and faults."""

import logging

from tears.kit.health import Health

# How often a number that keeps growing is logged.
REPEAT_SECONDS = 60.0


class GrowthThrottle:
    """Reports growing numbers at once, and then at most once a minute."""

    def __init__(self) -> None:
        self._reported: dict[str, tuple[float, float]] = {}

    def grown(self, key: str, total: float, now_seconds: float) -> float:
        """Return by how much a number has grown since it was reported; 0 if it has not, or was reported recently.

        `key` names the number, `total` is its value, and `now_seconds` is monotonic.
        """
        reported, at_seconds = self._reported.get(key, (0.0, float("-inf")))
        if total <= reported or now_seconds - at_seconds < REPEAT_SECONDS:
            return 0.0
        self._reported[key] = (total, now_seconds)
        return total - reported


class FaultLog:
    """Logs a fault when it begins, changes and ends; as long as it lasts, the probes show it."""

    def __init__(self, health: Health, logger: logging.Logger) -> None:
        self._health = health
        self._logger = logger
        self._present: dict[str, tuple[object, str]] = {}

    def begin(self, dependency: str, message: str, *, kind: object = None) -> None:
        """Note a fault of a dependency; it is logged again only when its `kind` has changed."""
        is_logged = dependency in self._present and self._present[dependency][0] == kind
        self._present[dependency] = (kind, message)
        self._health.failed(dependency, message)
        if not is_logged:
            self._logger.warning("%s", message)

    def end(self, dependency: str, message: str) -> None:
        """Note that a dependency works; log that if it did not before."""
        self._health.answered(dependency)
        if self._present.pop(dependency, None) is not None:
            self._logger.info("%s", message)

    def messages(self) -> list[str]:
        """Return the messages of all present faults."""
        return [message for _, message in self._present.values()]


def counted(number: int, noun: str) -> str:
    """Return "1 file" or "2 files"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
