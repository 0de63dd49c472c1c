"""Handing a notice to a receiver through Apprise, which knows the services."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from typing import Any, Protocol

from tears.alerter.errors import NotifyError
from tears.alerter.notices.wording import Notice

# They write URLs, and with them passwords and tokens, into their lines.
_TALKATIVE = ("apprise", "requests", "urllib3", "requests_oauthlib", "oauthlib", "paho")


class Receiver(Protocol):
    """Somebody to tell."""

    @property
    def target(self) -> str:
        """Names the receiver in the outbox; does not show its URL."""

    @property
    def description(self) -> str:
        """What may be said of it in logs."""

    def hand_over(self, notice: Notice) -> bool:
        """Blocks until the receiver has taken the notice (True) or has not (False), some seconds at most."""


class AppriseReceiver:
    """One Apprise URL."""

    def __init__(self, url: str, position: int) -> None:
        """Parses the URL; connects to nobody.

        Args:
            url: as Apprise takes it.
            position: which one of the configured it is, from 1.

        Raises:
            NotifyError: names the position, and never the URL; it is none that Apprise knows, or it names several
                receivers.
        """
        # Imported here since it costs 20 MiB, which an alerter that tells nobody need not pay.
        import apprise  # noqa: PLC0415 - see above

        hush()
        self.target = target_of(url)
        self.description = f"{url.partition(':')[0].lower()} (URL {position} of TEARS_ALERTER_NOTIFY)"
        # In memory: the state file is the only thing that the alerter writes.
        self._apprise: Any = apprise.Apprise(asset=apprise.AppriseAsset(storage_mode="memory"))
        if not self._apprise.add(url):
            raise NotifyError(
                f"URL {position} of TEARS_ALERTER_NOTIFY is none that Apprise knows how to tell; "
                "see https://appriseit.com/services/"
            )
        if (count := sum(len(service) for service in self._apprise)) > 1:
            # Apprise says of all of them together whether they were told: those that were would be told again, as
            # often as another one is not.
            raise NotifyError(
                f"URL {position} of TEARS_ALERTER_NOTIFY names {count} receivers; give each a URL of its own, with "
                "white space between"
            )

    def hand_over(self, notice: Notice) -> bool:
        """See `Receiver`; the kind of the notice is one of Apprise's notification types."""
        return bool(self._apprise.notify(body=notice.body, title=notice.title, notify_type=notice.kind))


def receivers(urls: Sequence[str]) -> list[AppriseReceiver]:
    """One receiver for each URL; a URL that stands twice is told once.

    Raises:
        NotifyError: a URL is malformed.
    """
    return [AppriseReceiver(url, urls.index(url) + 1) for url in dict.fromkeys(urls)]


def target_of(url: str) -> str:
    """A name for a URL from which it cannot be read back."""
    return hashlib.sha256(url.encode()).hexdigest()[:32]


def hush() -> None:
    """Keeps what may show a secret out of the logs."""
    for name in _TALKATIVE:
        talkative = logging.getLogger(name)
        talkative.setLevel(logging.CRITICAL + 1)
        talkative.propagate = False
