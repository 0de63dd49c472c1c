"""Ask the probes of the pipeline's processes what is wrong now, and how many notices wait."""

import contextlib
import http.client
import os
from collections.abc import Iterable

from prometheus_client.parser import text_string_to_metric_families

from tears.cli.pipeline.child_process import ChildProcess
from tears.kit.network.listening import LISTEN_VARIABLE, LOOPBACK, reachable_host

_LOOK_TIMEOUT_SECONDS = 0.5
_NOT_READY = 503


def faults_of(children: Iterable[ChildProcess]) -> list[str]:
    """Return the fault of each process that is not ready, after its name; one that does not answer has none here."""
    found = []
    for child in children:
        with contextlib.suppress(OSError):
            status, text = _ask(child, "/readyz")
            if status == _NOT_READY:
                found.append(f"{child.name}: {text.strip()}")
    return found


def notices_waiting(alerter: ChildProcess) -> int | None:
    """Return how many notices the alerter could not hand over yet; None if it does not say."""
    with contextlib.suppress(OSError, ValueError):
        for family in text_string_to_metric_families(_ask(alerter, "/metrics")[1]):
            for sample in family.samples:
                if sample.name == "tears_alerter_outbox_rows" and sample.labels.get("kind") == "notices":
                    return int(sample.value)
    return None


def _ask(child: ChildProcess, path: str) -> tuple[int, str]:
    """Return status and text of a probe; raise OSError if there is no answer."""
    port = child.probe_port
    if port is None:
        raise ConnectionError(f"{child.name} has no probes")
    # No proxy: http.client asks none.
    connection = http.client.HTTPConnection(
        reachable_host(os.environ.get(LISTEN_VARIABLE) or LOOPBACK), port, timeout=_LOOK_TIMEOUT_SECONDS
    )
    with contextlib.closing(connection):
        try:
            connection.request("GET", path)
            reply = connection.getresponse()
            return reply.status, reply.read().decode(errors="replace")
        except http.client.HTTPException as error:
            raise ConnectionError(str(error)) from error
