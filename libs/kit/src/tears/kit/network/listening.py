"""The addresses of our servers: of this machine only, all, or a single one; with IPv4 and IPv6 alike."""

import contextlib
import errno
import socket

LISTEN_VARIABLE = "TEARS_LISTEN"
IF_TAKEN_VARIABLE = "TEARS_PORT_IF_TAKEN"
FAIL, ANY_PORT = "fail", "any"
LOOPBACK = "loopback"
EVERYWHERE = "all"
LISTEN_PATTERN = rf"^({LOOPBACK}|{EVERYWHERE}|[0-9A-Fa-f]*[.:][0-9A-Fa-f.:]*)\Z"

_LOOPBACK_HOSTS = ("127.0.0.1", "::1")
# A machine may lack IPv4 or IPv6, or have one without a loopback interface.
_NO_SUCH_FAMILY = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
# How often to try another free port if the one that IPv4 has chosen is taken in IPv6.
_ATTEMPTS = 10


def hosts_of(listen: str) -> tuple[str, ...]:
    """Return the addresses that a setting means; several of them share a port."""
    if listen == LOOPBACK:
        return _LOOPBACK_HOSTS
    return ("::",) if listen == EVERYWHERE else (listen,)


def available_hosts(listen: str) -> list[str]:
    """Return those addresses of a setting that this machine has; all of them if it has none."""
    hosts = hosts_of(listen)
    return [host for host in hosts if _is_available(host)] or list(hosts)


def reachable_host(listen: str) -> str:
    """Return the address at which this machine reaches its own server."""
    return available_hosts(LOOPBACK if listen == EVERYWHERE else listen)[0]


def listening_sockets(
    listen: str, port: int, *, backlog: int | None = None, if_taken: str = FAIL
) -> list[socket.socket]:
    """Return one socket or several that listen on one port; port 0 takes any that is free.

    If the port is taken, `if_taken` says whether that is an error, or any other port will do. Only who binds a port
    knows whether it is free: between a question and the binding another process may take it.

    Raises:
        OSError: The port is taken, or this machine has no such address.
    """
    if port and if_taken == ANY_PORT:
        try:
            return _bound(listen, port, backlog)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
        port = 0
    for _ in range(_ATTEMPTS - 1):
        try:
            return _bound(listen, port, backlog)
        except OSError as error:
            if port != 0 or error.errno != errno.EADDRINUSE:
                raise
    return _bound(listen, port, backlog)


def _bound(listen: str, port: int, backlog: int | None) -> list[socket.socket]:
    with contextlib.ExitStack() as opened:
        sockets: list[socket.socket] = []
        missing: OSError | None = None
        for host in hosts_of(listen):
            try:
                one = _server(host, sockets[0].getsockname()[1] if sockets else port, backlog)
            except OSError as error:
                if error.errno not in _NO_SUCH_FAMILY:
                    raise
                missing = error
                continue
            sockets.append(opened.enter_context(one))
        if not sockets and missing is not None:
            raise missing
        opened.pop_all()
        return sockets


def _is_available(host: str) -> bool:
    try:
        _server(host, 0, None).close()
    except OSError:
        return False
    return True


def _server(host: str, port: int, backlog: int | None) -> socket.socket:
    if host == "::":
        if socket.has_dualstack_ipv6():
            return socket.create_server((host, port), family=socket.AF_INET6, backlog=backlog, dualstack_ipv6=True)
        host = ""
    return socket.create_server(
        (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=backlog
    )
