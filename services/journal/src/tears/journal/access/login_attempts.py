"""How often somebody may guess a password. No I/O."""

import ipaddress
import math
import threading
from collections import OrderedDict, deque

from tears.kit.clock import Clock

# So many wrong passwords in this time, from one address and from all of them together.
ATTEMPTS_SECONDS = 600.0
ADDRESS_ATTEMPTS = 10
HOUSE_ATTEMPTS = 100
_MOST_ADDRESSES = 1_000
# A visitor of IPv6 has all the addresses of such a network.
_IPV6_NETWORK_BITS = 64


class LoginAttempts:
    """Counts wrong passwords for a while. Thread-safe; it remembers a thousand addresses at most."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._by_address: OrderedDict[str, deque[float]] = OrderedDict()
        self._all: deque[float] = deque()

    def begin(self, address: str) -> float:
        """Count an attempt as a wrong one until `succeeded`; return how many seconds to wait if it may not be made.

        It counts before it is made, so that a hundred at once are not a hundred guesses.
        """
        now = self._clock.monotonic_seconds()
        key = _network_of(address)
        with self._lock:
            own = self._by_address.setdefault(key, deque())
            self._by_address.move_to_end(key)
            while len(self._by_address) > _MOST_ADDRESSES:
                self._by_address.popitem(last=False)
            wait_seconds = max(_wait(own, ADDRESS_ATTEMPTS, now), _wait(self._all, HOUSE_ATTEMPTS, now))
            if wait_seconds <= 0:
                own.append(now)
                self._all.append(now)
            return wait_seconds

    def succeeded(self, address: str) -> None:
        """Forget the wrong attempts of an address, because the password was right after all."""
        with self._lock:
            own = self._by_address.pop(_network_of(address), deque())
            if own and self._all:
                self._all.pop()


def _wait(attempts: deque[float], most: int, now: float) -> float:
    """Drop the attempts that are old, and return how many seconds to wait for the next one; 0 if it may be made."""
    while attempts and attempts[0] <= now - ATTEMPTS_SECONDS:
        attempts.popleft()
    return math.ceil(attempts[0] + ATTEMPTS_SECONDS - now) if len(attempts) >= most else 0.0


def _network_of(address: str) -> str:
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:_IPV6_NETWORK_BITS]
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, _IPV6_NETWORK_BITS), strict=False))
