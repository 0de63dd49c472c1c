"""Read `tears:commands` from a position on, without what is too long for a command. Raises redis-py's errors.

A service that may give commands may also write whatever it likes to their stream. Redis looks at the lengths, so the
memory of a reader does not depend on it.
"""

from typing import Any

import redis

from tears.kit.commands.giving import MOST_COMMANDS
from tears.kit.messages.command import MOST_COMMAND_BYTES
from tears.kit.streams import names
from tears.kit.streams.entries import BEGINNING, StreamEntry, entry_order
from tears.kit.streams.lua_scripts import load_script


class CommandStream:
    """Reads the stream of commands, whose entries stay there."""

    def __init__(self, client: redis.Redis) -> None:
        self._next_commands = load_script(client, "tears.kit.commands", "next_commands")
        self._bound_commands = load_script(client, "tears.kit.commands", "bound_commands")

    def entries_after(self, position: str, most: int) -> list[StreamEntry]:
        """Return the next entries after an id, at most so many; the body of what is no command may be empty.

        They begin with the oldest entry if the stream was wiped, so that its newest id is smaller than the position.
        """
        newest, *found = self._entries(position, most)
        if entry_order(newest.decode()) < entry_order(position):
            _, *found = self._entries(BEGINNING, most)
        return [StreamEntry(names.COMMANDS_STREAM, entry_id.decode(), body) for entry_id, body in found]

    def forget_excess(self) -> int:
        """Delete what is too long for a command, and all but the newest commands; return how many entries went.

        Otherwise one who gives commands could fill Redis with them, and it would take no more sound.
        """
        # A body, with its name and whatever a later release adds.
        most_bytes = 2 * MOST_COMMAND_BYTES
        return int(self._bound_commands(keys=[names.COMMANDS_STREAM], args=[MOST_COMMANDS, most_bytes]))

    def _entries(self, position: str, most: int) -> Any:
        return self._next_commands(keys=[names.COMMANDS_STREAM], args=[position, most, names.BODY, MOST_COMMAND_BYTES])
