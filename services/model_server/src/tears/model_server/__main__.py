"""The model server's command: `tears-model-server` or `python -m tears.model_server`."""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Sequence
from typing import Final

from tears.kit.logs import set_up_logs
from tears.kit.shutdown import stop_on_signals
from tears.model_server.assembly import ModelServer
from tears.model_server.errors import ModelServerError
from tears.model_server.flags import parse_flags
from tears.model_server.memory import keep_what_is_used_again, use_one_heap

logger = logging.getLogger(__name__)

SIGNAL_LOOK_SECONDS: Final = 0.5


def main(arguments: Sequence[str] | None = None) -> int:
    """Serves until SIGTERM or SIGINT, then drains; a second signal ends it at once. Returns the exit status."""
    use_one_heap()
    keep_what_is_used_again()
    flags = parse_flags(sys.argv[1:] if arguments is None else arguments, os.environ)
    set_up_logs("model-server", "INFO", flags.log_format)
    if flags.ignored:
        logger.info("of no meaning here, and ignored: %s", ", ".join(f"--{name}" for name in flags.ignored))
    stop = threading.Event()
    stop_on_signals(stop)
    try:
        server = ModelServer(flags)
        server.start()
    except ModelServerError as error:
        sys.stderr.write(f"tears-model-server: {error}\n")
        return 1
    # A signal that comes just before this thread begins to wait is handled only once it wakes.
    while not stop.wait(SIGNAL_LOOK_SECONDS):
        pass
    server.drain()
    logger.info("drained")
    return 0


if __name__ == "__main__":
    sys.exit(main())
