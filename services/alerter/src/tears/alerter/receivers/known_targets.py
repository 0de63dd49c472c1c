"""Remember which names in the outbox each receiver has, so that a corrected URL gets what waited for the wrong one.

It lasts across restarts, because many correct a URL in the settings of a container and start it again. All functions
that take a connection raise sqlite3.Error.
"""

import sqlite3
from collections.abc import Mapping, Sequence

from tears.kit.files.sqlite import transaction


def known_targets(connection: sqlite3.Connection) -> dict[str, list[str]]:
    """Return the targets of each receiver as they were noted last; nothing in the first run."""
    found: dict[str, list[str]] = {}
    for name, target in connection.execute("SELECT name, target FROM receivers ORDER BY name, place"):
        found.setdefault(name, []).append(target)
    return found


def note_targets(connection: sqlite3.Connection, targets: Mapping[str, Sequence[str]]) -> None:
    """Note the targets of each receiver, in place of those that were noted."""
    rows = [(name, place, target) for name, of_one in targets.items() for place, target in enumerate(of_one)]
    with transaction(connection):
        connection.execute("DELETE FROM receivers")
        connection.executemany("INSERT INTO receivers (name, place, target) VALUES (?, ?, ?)", rows)


def moved_targets(before: Mapping[str, Sequence[str]], after: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return which new target has taken the place of one that is gone, by the names of the receivers."""
    old_targets = {target for targets in before.values() for target in targets}
    new_targets = {target for targets in after.values() for target in targets}
    moved: dict[str, str] = {}
    for name, targets in before.items():
        gone = [one for one in targets if one not in new_targets]
        begun = [one for one in after.get(name, ()) if one not in old_targets]
        moved |= dict(zip(gone, begun, strict=False))
    return moved
