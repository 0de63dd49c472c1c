"""Which receivers do not accept their notices, from the outbox."""

import sqlite3
from collections.abc import Mapping

from tears.alerter.proof.listening_proof import ReceiverReach

_WAITING = "SELECT target, count(*) FROM notices WHERE attempts > 0 OR unanswered > 0 GROUP BY target"


def receiver_reach(connection: sqlite3.Connection, receivers: Mapping[str, str]) -> ReceiverReach:
    """Return what waits for each receiver after at least one failed attempt; raise sqlite3.Error.

    `receivers` are the names for people, by the names in the outbox.
    """
    waiting = {receivers[target]: count for target, count in connection.execute(_WAITING) if target in receivers}
    return ReceiverReach(len(receivers), waiting)
