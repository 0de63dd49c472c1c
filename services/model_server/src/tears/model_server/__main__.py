"""The model server's command: `tears-model-server` or `python -m tears.model_server`."""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Sequence

from tears.model_server.errors import ListenError
from tears.model_server.flags import parse_flags
from tears.model_server.litert import litert_loader
from tears.model_server.model import Model, Retry
from tears.model_server.server import Server
from tears.model_server.shutdown import set_on_signals
from tears.model_server.watcher import Watcher

logger = logging.getLogger(__name__)


def main(arguments: Sequence[str] | None = None) -> int:
    """Serves until SIGTERM or SIGINT, then drains; a second signal ends it at once. Returns the exit status."""
    flags = parse_flags(sys.argv[1:] if arguments is None else arguments, os.environ)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s model-server: %(levelname)s %(message)s")
    if flags.ignored:
        logger.info("of no meaning here, and ignored: %s", ", ".join(f"--{name}" for name in flags.ignored))
    stop = threading.Event()
    set_on_signals(stop)
    load = litert_loader(interpreters=flags.tflite_interpreters, threads=flags.tflite_threads)
    retry = Retry(flags.max_num_load_retries, flags.load_retry_interval_seconds)
    model = Model(flags.model_name, flags.model_base_path, load, retry=retry)
    server = Server([model])
    watcher = Watcher([model], interval_seconds=flags.poll_wait_seconds, after_poll=server.tell_health)
    try:
        port = server.listen(f"[::]:{flags.port}")
        if flags.grpc_socket_path:
            server.listen(f"unix:{flags.grpc_socket_path}")
    except ListenError as error:
        sys.stderr.write(f"tears-model-server: {error}\n")
        return 1
    watcher.start()
    server.start()
    logger.info("gRPC on port %d, model %s from %s", port, model.name, flags.model_base_path)
    stop.wait()
    server.drain()
    watcher.stop()
    model.close()
    logger.info("drained")
    return 0


if __name__ == "__main__":
    sys.exit(main())
