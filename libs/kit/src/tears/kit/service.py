"""The service runner: what every `__main__` does before and after its own work."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Generic, NoReturn, TypeVar

from tears.kit.clock import SystemClock, wall_clock_fault
from tears.kit.errors import KitError, SettingsError
from tears.kit.health import Health
from tears.kit.logs import set_up_logs
from tears.kit.probes import ProbeServer
from tears.kit.settings import ServiceSettings, load_settings, redacted
from tears.kit.shutdown import stop_on_signals

logger = logging.getLogger(__name__)

S = TypeVar("S", bound=ServiceSettings)

EXIT_BAD_SETTINGS = 78  # EX_CONFIG of sysexits.h


class Service(Generic[S]):
    """Settings, logs, signals and probes of one process; use it as a context manager around the work.

    On the way out: (1) unready, from the moment of the signal, so that nobody sends more; (2) whatever the body
    finishes and closes; (3) the probes, last, so that the drain can be watched.
    """

    def __init__(self, name: str, settings: S, expects: Sequence[str] = ()) -> None:
        """Starts nothing yet.

        Args:
            name: in logs and messages.
            settings: of the service.
            expects: dependencies that have to answer before it is ready; the probes say so from their first answer on.
        """
        self.name = name
        self.settings = settings
        self.clock = SystemClock()
        self.stop = threading.Event()
        self.health = Health(self.clock, stop=self.stop)
        for dependency in expects:
            self.health.expect(dependency)

    def __enter__(self) -> Service[S]:
        """Raises KitError if the probe port cannot be had."""
        set_up_logs(self.name, self.settings.log_level, self.settings.log_format)
        stop_on_signals(self.stop)
        port = self.settings.probe_port
        try:
            self._probes = ProbeServer(self.health, port)
        except OSError as error:
            raise KitError(
                f"TEARS_{self.settings.prefix}_PROBE_PORT is {port}, which cannot be had: {error}"
            ) from error
        shown = " ".join(f"{variable}={value}" for variable, value in redacted(self.settings).items())
        logger.info("%s starts; probes on port %d; %s", self.name, self._probes.port, shown)
        if fault := wall_clock_fault(self.clock.wall_seconds()):
            logger.warning("%s", fault)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.health.drain()
        self._probes.close()
        logger.info("%s has stopped", self.name)


def run_service(
    name: str, settings_class: type[S], work: Callable[[Service[S]], None], expects: Sequence[str] = ()
) -> NoReturn:
    """Runs `work` with everything set up, and exits; for `expects` see `Service`.

    The status is 0 after a drained stop, 78 for bad settings, 1 for other errors.
    """
    try:
        settings = load_settings(settings_class)
    except SettingsError as error:
        sys.exit(_say(name, error, EXIT_BAD_SETTINGS))
    try:
        with Service(name, settings, expects) as service:
            work(service)
    except SettingsError as error:
        # Some settings show their fault only where they are used.
        sys.exit(_say(name, error, EXIT_BAD_SETTINGS))
    except KitError as error:
        sys.exit(_say(name, error, 1))
    sys.exit(0)


def _say(name: str, error: object, status: int) -> int:
    sys.stderr.write(f"{name}: {error}\n")
    return status
