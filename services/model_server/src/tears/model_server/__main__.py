"""The model server's command: `tears-model-server` or `python -m tears.model_server`."""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Final

from tears.kit.logs import set_up_logs
from tears.kit.shutdown import stop_on_signals
from tears.model_server.assembly import ModelServer
from tears.model_server.command.parser import parse_flags
from tears.model_server.errors import ModelServerError
from tears.model_server.memory import keep_what_is_used_again, pass_over_imports, use_one_heap

logger = logging.getLogger(__name__)

SIGNAL_LOOK_SECONDS: Final = 0.5


def main(arguments: Sequence[str] | None = None) -> int:
    """Serves until SIGTERM or SIGINT, then drains; a second signal ends it at once. Returns the exit status."""
    use_one_heap()
    keep_what_is_used_again()
    pass_over_imports()
    flags = parse_flags(sys.argv[1:] if arguments is None else arguments, os.environ)
    set_up_logs("model-server", "INFO", flags.log_format)
    if flags.ignored:
        logger.info("of no meaning here, and ignored: %s", ", ".join(f"--{name}" for name in flags.ignored))
    stop = threading.Event()
    stop_on_signals(stop)
    loading: Future[None] = Future()
    try:
        server = ModelServer(flags)
        server.listen()
        _load(server, loading, stop)
        # A signal that comes just before this thread begins to wait is handled only once it wakes.
        while not stop.wait(SIGNAL_LOOK_SECONDS):
            pass
        if loading.done():
            loading.result()
    except ModelServerError as error:
        sys.stderr.write(f"tears-model-server: {error}\n")
        return 1
    is_idle = server.drain()
    logger.info("drained")
    if not is_idle:  # Python would wait for what is being loaded, or tear it down in the middle
        logging.shutdown()
        os._exit(0)
    return 0


def _load(server: ModelServer, loading: Future[None], stop: threading.Event) -> None:
    """Has the models loaded in a thread of its own, since a signal must not wait for them; a failure sets `stop`."""

    def load() -> None:
        try:
            server.load()
        except BaseException as error:  # noqa: BLE001 - told by the main thread
            loading.set_exception(error)
            stop.set()
        else:
            loading.set_result(None)

    threading.Thread(target=load, name="load", daemon=True).start()


if __name__ == "__main__":
    sys.exit(main())
