"""The detections of one microphone that wait for an earlier one. No I/O."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from tears.alerter.order.received_detection import ReceivedDetection


class HeldDetections:
    """The held detections by session and index, and what has changed of them since they were last saved."""

    def __init__(self, saved: Iterable[ReceivedDetection], now: float) -> None:
        """Start with the detections that an earlier process saved; their waits begin now."""
        self.count = 0
        # Within a session in the order of arrival: the first one has waited longest.
        self._sessions: dict[str, dict[int, ReceivedDetection]] = {}
        self._unsaved: dict[tuple[str, int], ReceivedDetection] = {}
        self._removed: set[tuple[str, int]] = set()
        for detection in saved:
            self._insert(replace(detection, arrived_at_seconds=now))

    def of_session(self, session: str) -> Mapping[int, ReceivedDetection]:
        """Return a session's held detections by index, the one that has waited longest first."""
        return self._sessions.get(session, {})

    def hold(self, detection: ReceivedDetection) -> None:
        """Hold a detection until it is released."""
        self._insert(detection)
        self._unsaved[detection.session, detection.index] = detection

    def release(self, session: str, index: int) -> ReceivedDetection:
        """Remove and return a held detection."""
        if self._unsaved.pop((session, index), None) is None:
            self._removed.add((session, index))
        self.count -= 1
        held = self._sessions[session]
        detection = held.pop(index)
        if not held:
            del self._sessions[session]
        return detection

    def restart_waits(self, now: float) -> None:
        """Let every held detection wait from now on."""
        for held in self._sessions.values():
            for index, detection in held.items():
                held[index] = replace(detection, arrived_at_seconds=now)

    def backdate(self, session: str, arrived_at_seconds: float) -> None:
        """Let the first held detection of a session have come at this time."""
        held = self._sessions.get(session, {})
        for index, detection in list(held.items())[:1]:
            held[index] = replace(detection, arrived_at_seconds=arrived_at_seconds)

    def save_all_again(self) -> None:
        """Let `take_changes` return all held detections: what was saved may be lost."""
        self._unsaved = {
            (session, index): one for session, held in self._sessions.items() for index, one in held.items()
        }

    def take_changes(self) -> tuple[list[ReceivedDetection], set[tuple[str, int]]]:
        """Return what was held and what was released (session, index) since the last call."""
        unsaved, self._unsaved = self._unsaved, {}
        removed, self._removed = self._removed, set()
        return list(unsaved.values()), removed

    def _insert(self, detection: ReceivedDetection) -> None:
        self._sessions.setdefault(detection.session, {})[detection.index] = detection
        self.count += 1
