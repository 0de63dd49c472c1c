"""The receivers of notices. Apprise speaks to the services behind them."""

import hashlib
import logging
from collections.abc import Sequence
from typing import Any, Protocol

from tears.alerter.errors import NotifyError
from tears.alerter.notices.wording import Notice

# These libraries log URLs, and with them passwords and tokens.
_LOGGERS_THAT_SHOW_URLS = ("apprise", "requests", "urllib3", "requests_oauthlib", "oauthlib", "paho")


class Receiver(Protocol):
    """One receiver of notices."""

    @property
    def target(self) -> str:
        """The receiver's name in the outbox; does not reveal its URL."""

    @property
    def description(self) -> str:
        """The receiver's name in logs; does not reveal its URL either."""

    def hand_over(self, notice: Notice) -> bool:
        """Return whether the receiver has accepted the notice. Blocks until it has answered, some seconds at most."""


class AppriseReceiver:
    """The receiver behind one Apprise URL."""

    def __init__(self, url: str, number: int) -> None:
        """Parse the URL, which is the configured one of this number, counted from 1; do not connect.

        Raises:
            NotifyError: Apprise does not know such a URL, or it names several receivers. The text gives the number and
                never the URL.
        """
        # Apprise takes 20 MiB, which an alerter without receivers need not spend.
        import apprise  # noqa: PLC0415 - see above

        silence_loggers_that_show_urls()
        self.target = hashlib.sha256(url.encode()).hexdigest()[:32]
        self.description = f"{url.partition(':')[0].lower()} (URL {number} of TEARS_ALERTER_NOTIFY)"
        # Apprise keeps its storage in memory, because the alerter writes nothing but its state file.
        self._apprise: Any = apprise.Apprise(asset=apprise.AppriseAsset(storage_mode="memory"))
        if not self._apprise.add(url):
            raise NotifyError(
                f"URL {number} of TEARS_ALERTER_NOTIFY is not one that Apprise knows; "
                "choose one from https://appriseit.com/services/"
            )
        if (count := sum(len(service) for service in self._apprise)) > 1:
            # Apprise reports one result for all of them. If one refused, the others would get the notice again.
            raise NotifyError(
                f"URL {number} of TEARS_ALERTER_NOTIFY names {count} receivers; give each its own URL, separated by "
                "white space"
            )

    def hand_over(self, notice: Notice) -> bool:
        """Send the notice and return whether the service has accepted it."""
        return bool(self._apprise.notify(body=notice.body, title=notice.title, notify_type=notice.kind))


def receivers(urls: Sequence[str]) -> list[AppriseReceiver]:
    """Return one receiver for each URL; a repeated URL counts once. Raise NotifyError if a URL cannot be used."""
    return [AppriseReceiver(url, urls.index(url) + 1) for url in dict.fromkeys(urls)]


def silence_loggers_that_show_urls() -> None:
    """Keep URLs, which may hold secrets, out of the logs."""
    for name in _LOGGERS_THAT_SHOW_URLS:
        library_logger = logging.getLogger(name)
        library_logger.setLevel(logging.CRITICAL + 1)
        library_logger.propagate = False
