"""The address at which a phone in the house opens the journal's page."""

import contextlib
import os
import socket

from tears.kit.network.listening import ANY_PORT, EVERYWHERE, LOOPBACK, listening_sockets, reachable_host

PAGE_PORT = 8080
PORT_VARIABLE = "TEARS_JOURNAL_PORT"
PAGE_LISTEN_VARIABLE = "TEARS_JOURNAL_PAGE_LISTEN"
_LAST_PORT = 65_535
# An address for documentation (RFC 5737): the kernel finds the way to it, and no packet leaves.
_FAR_AWAY = ("192.0.2.1", 9)


def page_listens() -> str:
    """Return who reaches the page, as the journal's setting says: `all` unless it is set."""
    return os.environ.get(PAGE_LISTEN_VARIABLE) or EVERYWHERE


def page_url(port: str) -> str:
    """Return the URL of the page on this port, by an address of this machine rather than a name.

    Not every phone finds a name such as `raspberrypi.local`.
    """
    host = _house_address() if page_listens() == EVERYWHERE else reachable_host(page_listens())
    scheme = "https" if os.environ.get("TEARS_JOURNAL_CERTIFICATE") else "http"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"


def free_port() -> str:
    """Return the port of the page: the setting's, or any free one if another program has taken it.

    It is chosen before the journal starts, because the alerts link to it. A setting that is no port is returned as it
    is: the journal says what is wrong with it.
    """
    wanted = os.environ.get(PORT_VARIABLE) or str(PAGE_PORT)
    if not wanted.isdecimal() or int(wanted) > _LAST_PORT:
        return wanted
    with contextlib.ExitStack() as opened:
        try:
            sockets = listening_sockets(page_listens(), int(wanted), if_taken=ANY_PORT)
        except OSError:
            return wanted
        for one in sockets:
            opened.enter_context(one)
        return str(sockets[0].getsockname()[1])


def _house_address() -> str:
    """Return the IPv4 address with which this machine is in the house's network; the loopback's if it is in none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(_FAR_AWAY)
        except OSError:
            return reachable_host(LOOPBACK)
        return str(probe.getsockname()[0])
