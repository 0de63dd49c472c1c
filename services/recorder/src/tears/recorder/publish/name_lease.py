"""The lease on the name of a microphone: only its owner writes the stream."""

import logging
import time
from collections.abc import Callable
from typing import Any

import msgspec
import redis
from redis.exceptions import NoPermissionError

from tears.kit.errors import MicTakenError
from tears.kit.registry.mics import LONGEST_LEASE_SECONDS, MicRecord
from tears.kit.streams import names
from tears.kit.streams.lua_scripts import load_script

logger = logging.getLogger(__name__)


class NameLease:
    """The lease in Redis, as one recorder asks for it. Its methods raise redis-py's errors unchanged.

    Redis ends the lease by the machine's clock. If that is set back by an hour and the owner dies, the lease would last
    an hour. So a recorder that finds the name taken watches when the lease is to end: the owner moves that with each
    renewal. If it stays the same for as long as the owner's lease lasts, by this process's monotonic clock, the owner
    is dead.
    """

    def __init__(
        self,
        client: redis.Redis,
        *,
        mic: str,
        owner: str,
        lease_seconds: float,
        monotonic_seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self.key = names.lease(mic)
        self.owner = owner
        self.milliseconds = int(lease_seconds * 1000)
        self._redis = client
        self._mic = mic
        self._monotonic_seconds = monotonic_seconds
        self._renew_lease = load_script(client, __package__, "renew_lease")
        self._take_over_lease = load_script(client, __package__, "take_over_lease")
        # The last owner and end of the lease that were seen, and since when.
        self._seen: tuple[bytes, int | None] | None = None
        self._seen_since_seconds = 0.0

    def renew(self) -> bool:
        """Take or renew it; return False if another recorder holds it."""
        return bool(self._renew_lease(keys=[self.key], args=[self.owner, self.milliseconds]))

    def give_up(self) -> None:
        """Let another recorder take the name at once."""
        self._renew_lease(keys=[self.key], args=[self.owner, 0])

    def take_over_or_raise(self) -> None:
        """Take the lease from an owner that is dead.

        Raises:
            MicTakenError: The owner lives, or has not been watched for long enough.
        """
        holder: Any = self._redis.get(self.key)
        ends_at = self._ends_at()
        now = self._monotonic_seconds()
        if self._seen != (holder, ends_at):
            self._seen, self._seen_since_seconds = (holder, ends_at), now
        if holder and ends_at is not None and now - self._seen_since_seconds >= self._holders_lease_seconds():
            if self._take_over_lease(keys=[self.key], args=[self.owner, self.milliseconds, holder, ends_at]):
                logger.warning(
                    "the name %s is taken over from %s, which has stopped renewing it",
                    self._mic,
                    holder.decode(errors="replace"),
                )
                return
            self._seen = None
        by = holder.decode(errors="replace") if holder else "another recorder"
        raise MicTakenError(
            f"the microphone name {self._mic} is taken by {by}; "
            "stop that recorder, or give this one another name with TEARS_RECORDER_MIC"
        )

    def _ends_at(self) -> int | None:
        """Return when the lease is to end, as Redis gives it; None if this user may not ask, and so cannot watch it."""
        try:
            ends_at: Any = self._redis.pexpiretime(self.key)
        except NoPermissionError:
            return None
        return int(ends_at)

    def _holders_lease_seconds(self) -> float:
        """Return how long the holder's lease lasts; it says so in the registry."""
        body: Any = self._redis.hget(names.MICS_HASH, self._mic)
        try:
            return msgspec.json.decode(body or b"", type=MicRecord).lease_seconds
        except msgspec.DecodeError:
            return LONGEST_LEASE_SECONDS
