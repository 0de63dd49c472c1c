"""The warnings that are still true: those of the probes, and what was logged lately."""

from collections.abc import Sequence

# A warning about something that has passed, such as a loss, is shown for this long.
LOGGED_SECONDS = 60.0
MOST_FAULTS = 6


class PresentFaults:
    """Keeps the warnings of the pipeline until they are over."""

    def __init__(self) -> None:
        self._logged: dict[str, float] = {}
        self._faults: Sequence[str] = ()

    def note_logged(self, warnings: Sequence[str], now_seconds: float) -> None:
        """Note what the processes have logged; the time is monotonic."""
        self._logged |= dict.fromkeys(warnings, now_seconds)

    def note_faults(self, faults: Sequence[str]) -> None:
        """Note what the probes say is wrong now. A logged warning about the same thing lasts as long as the fault."""
        self._faults = faults
        reasons = [fault.partition(": ")[2].partition(": ")[2] for fault in faults]
        self._logged = {
            warning: at for warning, at in self._logged.items() if not any(one and one in warning for one in reasons)
        }

    def lines(self, now_seconds: float) -> list[str]:
        """Return what to show, the newest warnings last."""
        self._logged = {warning: at for warning, at in self._logged.items() if now_seconds - at < LOGGED_SECONDS}
        return [*self._faults, *self._logged][-MOST_FAULTS:]
