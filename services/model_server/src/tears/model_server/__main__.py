"""The model server's command: `tears-model-server` or `python -m tears.model_server`."""

from tears.kit.terminal.start import quiet_imports

if __name__ == "__main__":
    quiet_imports()

import logging
import os
import sys
import threading
from collections.abc import Sequence
from typing import Final

from tears.kit.logs import set_up_logs
from tears.kit.memory import heap
from tears.kit.shutdown import stop_on_signals
from tears.model_server.assembly import ModelServer
from tears.model_server.command.parser import PROGRAM, parse_flags
from tears.model_server.errors import ModelServerError

logger = logging.getLogger(__name__)

SIGNAL_CHECK_SECONDS: Final = 0.5


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT, then drain; a second signal ends the process at once. Return the exit status."""
    heap.share_one_heap()
    heap.exclude_imports_from_collection()
    flags = parse_flags(sys.argv[1:] if arguments is None else arguments, os.environ)
    set_up_logs("model-server", "INFO", flags.log_format)
    if flags.ignored:
        logger.info("ignored, because they change nothing here: %s", ", ".join(f"--{name}" for name in flags.ignored))
    for warning in flags.warnings:
        logger.warning("%s", warning)
    stop = threading.Event()
    stop_on_signals(stop)
    try:
        server = ModelServer(flags)
        server.listen()
        loading = server.start_loading(failed=stop)
        # A signal that comes just before this thread begins to wait is handled only when the thread wakes up.
        while not stop.wait(SIGNAL_CHECK_SECONDS):
            pass
        if loading.done():
            loading.result()
    except ModelServerError as error:
        sys.stderr.write(f"{PROGRAM}: {error}\n")
        return 1
    server.drain()
    logger.info("drained")
    # Python would wait for a model that is being loaded, and would close the gRPC ports while requests arrive.
    logging.shutdown()
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
