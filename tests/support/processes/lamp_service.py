"""The smallest possible service, for tests that watch it from outside: `python -m support.processes.lamp_service`.

`TEARS_LAMP_WORK` says what it does: `stops` when it is asked to; `drains` until the file `TEARS_LAMP_GO` exists;
`hangs` while draining; `ends` without being asked, and hangs while draining; `breaks` because a file is missing;
`refuses` to run.
"""

import logging
import threading
import time
from pathlib import Path
from typing import ClassVar, Literal

from support.waiting import wait_until

from tears.kit.errors import MicTakenError
from tears.kit.service import Service, run_service
from tears.kit.settings import ServiceSettings

logger = logging.getLogger(__name__)


class LampSettings(ServiceSettings, frozen=True, kw_only=True):
    """Read from `TEARS_LAMP_*`."""

    prefix: ClassVar[str] = "LAMP"

    work: Literal["stops", "drains", "hangs", "ends", "breaks", "refuses"] = "stops"
    go: str = ""


def work(service: Service[LampSettings]) -> None:
    """Do what the settings say."""
    logger.info("the time zone is %s", time.tzname[0])
    match service.settings.work:
        case "breaks":
            Path("/there/is/no/such/file").read_bytes()
        case "refuses":
            raise MicTakenError("another lamp shines here")
        case "ends":
            service.stop.set()
    service.stop.wait()
    logger.info("the light goes out")
    match service.settings.work:
        case "drains":
            wait_until(Path(service.settings.go).exists, 60)
        case "hangs" | "ends":
            threading.Event().wait()


if __name__ == "__main__":
    run_service("lamp", LampSettings, work)
