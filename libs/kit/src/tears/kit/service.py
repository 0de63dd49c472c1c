"""The service runner: what every `__main__` does before and after its own work."""

import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from typing import Generic, NoReturn, Self, TypeVar

from tears.kit.clock import SystemClock, wall_clock_fault
from tears.kit.errors import KitError, SettingsError
from tears.kit.health import Health
from tears.kit.logs import set_up_logs
from tears.kit.memory import heap, library_pages
from tears.kit.network.listening import LISTEN_VARIABLE
from tears.kit.probes import ProbeServer
from tears.kit.secrets_in_text import without_passwords
from tears.kit.settings import ServiceSettings, load_settings, redacted
from tears.kit.shutdown import stop_on_signals
from tears.kit.variables.time_zone import misspelt_zone, time_zone_fault

logger = logging.getLogger(__name__)

RunSettingsT = TypeVar("RunSettingsT", bound=ServiceSettings)

EXIT_BAD_SETTINGS = 78  # EX_CONFIG of sysexits.h
# When a service that runs no longer needs what only its start has needed.
_STARTED_AFTER_SECONDS = 10.0


class Service(Generic[RunSettingsT]):
    """Settings, logs, signals and probes of one process; a context manager around the work.

    The order of a stop: (1) it is not ready from the moment of the signal, so that no more requests come; (2) the block
    finishes and closes what it has; (3) the probes end last, so that the drain can be watched.
    """

    def __init__(self, name: str, settings: RunSettingsT, expects: Sequence[str] = ()) -> None:
        """Start nothing yet; all dependencies in `expects` must answer before the service is ready."""
        self.name = name
        self.settings = settings
        self.clock = SystemClock()
        self.stop = threading.Event()
        self.health = Health(self.clock, stop=self.stop)
        for dependency in expects:
            self.health.expect(dependency)

    def __enter__(self) -> Self:
        """Set everything up; raise KitError if the probe port is not free."""
        set_up_logs(self.name, self.settings.log_level, self.settings.log_format)
        stop_on_signals(self.stop)
        threading.Thread(target=self._shrink_once_started, name="shrink", daemon=True).start()
        port = self.settings.probe_port
        try:
            self._probes = ProbeServer(
                self.health, port, listen=self.settings.listen, if_taken=self.settings.port_if_taken
            )
        except OSError as error:
            raise KitError(
                f"TEARS_{self.settings.prefix}_PROBE_PORT is {port}, which cannot be used: {error} "
                f"({LISTEN_VARIABLE} is {self.settings.listen})"
            ) from error
        shown = " ".join(f"{variable}={value}" for variable, value in redacted(self.settings).items())
        logger.info("%s starts; probes on port %d; %s", self.name, self._probes.port, shown)
        if fault := wall_clock_fault(self.clock.wall_seconds()):
            logger.warning("%s", fault)
        if fault := time_zone_fault():
            logger.warning("%s", fault)
            # The C library would call it by the unknown name.
            os.environ["TZ"] = "UTC"
            time.tzset()
        return self

    def __exit__(self, *_: object) -> None:
        self.health.drain()
        self._probes.close()
        logger.info("%s has stopped", self.name)

    def _shrink_once_started(self) -> None:
        if not self.clock.wait(self.stop, _STARTED_AFTER_SECONDS):
            heap.release_free_memory()
            library_pages.release_library_pages()


def run_service(
    name: str,
    settings_class: type[RunSettingsT],
    work: Callable[[Service[RunSettingsT]], None],
    expects: Sequence[str] = (),
    *,
    needs_time_zone: bool = False,
) -> NoReturn:
    """Run `work` with everything set up, and exit.

    A service that `needs_time_zone` does not start if the variable TZ is misspelt, or it would do things at other hours
    than it was asked to.

    `work` blocks until `service.stop` is set and everything is finished. The exit status is 0 after a drained stop, 78
    for bad settings (some turn out to be wrong only where they are used), and 1 for other errors.
    """
    heap.share_one_heap()
    heap.exclude_imports_from_collection()
    try:
        if needs_time_zone and (fault := misspelt_zone()):
            raise SettingsError(fault)
        with Service(name, load_settings(settings_class), expects) as service:
            work(service)
    except KitError as error:
        sys.stderr.write(without_passwords(f"{name}: {error}\n"))
        sys.exit(EXIT_BAD_SETTINGS if isinstance(error, SettingsError) else 1)
    sys.exit(0)
