"""Believe the headers of the proxies that the house trusts, and of nobody else."""

import ipaddress
import logging
import re
from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from tears.journal.settings import JournalSettings
from tears.kit.errors import SettingsError

logger = logging.getLogger(__name__)

# Home Assistant's ingress names the path by the second one.
_PREFIX_HEADERS = ("x-forwarded-prefix", "x-ingress-path")
_PREFIX = re.compile(r"(/[A-Za-z0-9._~-]+)+")
_LONGEST_USER = 200


def check_proxies(settings: JournalSettings) -> None:
    """Raise SettingsError for a proxy that is no address, and warn of a user whom no proxy can name."""
    for one in settings.trusted_proxies:
        try:
            ipaddress.ip_network(one, strict=False)
        except ValueError as error:
            raise SettingsError(
                f"TEARS_JOURNAL_TRUSTED_PROXIES has {one}, which is no address and no network: {error}; write it like "
                "172.30.32.2 or 10.42.0.0/16"
            ) from error
    if settings.trusted_user_header and not settings.trusted_proxies:
        logger.warning(
            "TEARS_JOURNAL_TRUSTED_USER_HEADER has no effect, because TEARS_JOURNAL_TRUSTED_PROXIES names no proxy"
        )


class TrustedProxies:
    """Says in the state of a request what a trusted proxy says of it, and corrects the visitor's address and scheme.

    The state has `prefix`, what stands before the path of every link; `user`, whom the proxy has logged in; and
    `hosts`, the names by which the visitor knows this server. The first two are empty for a direct visitor.
    """

    def __init__(self, app: ASGIApp, proxies: Sequence[str], user_header: str) -> None:
        self._app = app
        self._networks = [ipaddress.ip_network(one, strict=False) for one in proxies]
        self._user_header = user_header
        self._believing = ProxyHeadersMiddleware(app, [str(one) for one in self._networks])  # type: ignore[arg-type]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        headers = Headers(scope=scope)
        state = scope["state"]
        state.update(prefix="", user="", hosts={headers.get("host", "")})
        scope["client"] = _plain(scope["client"])
        if not self._is_trusted(scope["client"]):
            await self._app(scope, receive, send)
            return
        prefix = next((headers[one] for one in _PREFIX_HEADERS if one in headers), "").rstrip("/")
        state["prefix"] = prefix if _PREFIX.fullmatch(prefix) else ""
        state["user"] = headers.get(self._user_header, "")[:_LONGEST_USER] if self._user_header else ""
        state["hosts"].add(headers.get("x-forwarded-host", ""))
        scope["root_path"] = state["prefix"]
        await self._believing(scope, receive, send)  # type: ignore[arg-type]

    def _is_trusted(self, client: tuple[str, int] | None) -> bool:
        if client is None:
            return False
        try:
            address = ipaddress.ip_address(client[0].partition("%")[0])
        except ValueError:
            return False
        return any(address in network for network in self._networks)


def _plain(client: tuple[str, int] | None) -> tuple[str, int] | None:
    """Return where a visitor comes from; an address of IPv4 as such, as a socket for both kinds has it as one of IPv6.

    What uvicorn compares with the networks of the proxies would be in none of them.
    """
    if client is None:
        return None
    try:
        mapped = ipaddress.IPv6Address(client[0]).ipv4_mapped
    except ValueError:
        return client
    return client if mapped is None else (str(mapped), client[1])
