"""The heartbeat: a URL that is fetched once a minute, only while all is well.

If the whole machine dies, it cannot tell anybody. A service elsewhere, such as Healthchecks or Uptime Kuma, warns when
the heartbeat stays away. It comes from a thread of its own, so nothing here delays an alert.
"""

import base64
import http.client
import ipaddress
import logging
import threading
import urllib.request
from urllib.error import HTTPError
from urllib.parse import SplitResult, unquote, urlsplit

from tears.alerter.proof.proof_metrics import ProofMetrics
from tears.kit.clock import Clock

logger = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 60.0
# How long to wait for the connection, and for each part of the answer.
HEARTBEAT_TIMEOUT_SECONDS = 10.0
# The loop says at least this often that all is well. If it hangs, that grows old.
WELL_SECONDS = 30.0
# How often to look whether all is well, while a heartbeat is due.
WITHHELD_LOOK_SECONDS = 1.0


class Heartbeat:
    """Fetches one URL from a thread of its own, which ends with the process."""

    def __init__(self, url: str, metrics: ProofMetrics, clock: Clock) -> None:
        """Do nothing yet; the URL may hold secrets and is never logged."""
        self._url = urlsplit(url)
        self._metrics = metrics
        self._clock = clock
        self._well_at_seconds = float("-inf")
        self._stopping = threading.Event()
        self._failure = ""
        # A daemon, so that a server that never answers cannot keep the process from ending.
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def start(self) -> None:
        """Begin; nothing is fetched before all is well."""
        self._thread.start()

    def stop(self) -> None:
        """Fetch nothing more, and do not wait for a request that is under way."""
        self._stopping.set()

    def note(self, *, is_well: bool) -> None:
        """Note whether all is well at this moment. Does not block."""
        self._well_at_seconds = self._clock.monotonic_seconds() if is_well else float("-inf")

    def beat_if_well(self) -> bool:
        """Fetch the URL if all is well; return whether it was tried. Blocks for some seconds at most."""
        if self._clock.monotonic_seconds() - self._well_at_seconds > WELL_SECONDS:
            return False
        try:
            self._fetch()
        except (OSError, http.client.HTTPException, ValueError) as error:
            self._note_failure(error)
        else:
            if self._failure:
                logger.info("the heartbeat reaches %s again", self._url.hostname)
            self._failure = ""
            self._metrics.heartbeats.labels("sent").inc()
        return True

    def _run(self) -> None:
        is_withheld = False
        while not self._stopping.is_set():
            try:
                is_tried = self.beat_if_well()
            except Exception:
                # The edge of the thread: without it, one fault of ours would end all heartbeats.
                logger.exception("the heartbeat has failed")
                is_tried = True
            if not is_tried and not is_withheld:
                self._metrics.heartbeats.labels("withheld").inc()
            is_withheld = not is_tried
            # One that was withheld follows as soon as all is well.
            self._clock.wait(self._stopping, WITHHELD_LOOK_SECONDS if is_withheld else HEARTBEAT_SECONDS)

    def _fetch(self) -> None:
        # The machine itself is never behind a proxy, whatever the environment says.
        handlers = [urllib.request.ProxyHandler({})] if is_loopback(self._url.hostname or "") else []
        opener = urllib.request.build_opener(*handlers)
        request = urllib.request.Request(_without_user(self._url).geturl(), headers=_headers(self._url))  # noqa: S310 - settings.py allows http and https only
        with opener.open(request, timeout=HEARTBEAT_TIMEOUT_SECONDS):
            pass

    def _note_failure(self, error: Exception) -> None:
        self._metrics.heartbeats.labels("failed").inc()
        # The texts of other errors may show the URL.
        failure = f"it answers {error.code}" if isinstance(error, HTTPError) else type(error).__name__
        if failure != self._failure:
            logger.warning("the heartbeat does not reach %s: %s", self._url.hostname, failure)
        self._failure = failure


def is_loopback(host: str) -> bool:
    """Return whether a host name is that of this machine itself."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _without_user(url: SplitResult) -> SplitResult:
    return url._replace(netloc=url.netloc.rpartition("@")[2], fragment="")


def _headers(url: SplitResult) -> dict[str, str]:
    headers = {"User-Agent": "tears-alerter"}
    if url.username is not None:
        credentials = f"{unquote(url.username)}:{unquote(url.password or '')}"
        headers["Authorization"] = f"Basic {base64.b64encode(credentials.encode()).decode()}"
    return headers
