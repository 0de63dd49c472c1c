"""The names that parents give to rooms: kept in the history, and written to Redis for the alerter."""

import logging
import threading
from collections.abc import Collection, Mapping
from typing import Final

import redis

from tears.journal.errors import HistoryFileError, RoomNameError
from tears.journal.history.history_file import HistoryFile
from tears.kit.clock import Clock
from tears.kit.redis_client import why
from tears.kit.registry.given_names import read_given_names
from tears.kit.registry.mics import MicRecord
from tears.kit.registry.room_names import LONGEST_GIVEN_NAME, RoomNames, usable_name
from tears.kit.registry.rooms import RoomRecord
from tears.kit.streams import names

logger = logging.getLogger(__name__)

# How often to see whether both still have them: either may have begun anew.
LOOK_AGAIN_SECONDS: Final = 10.0


class RoomNaming:
    """A listener of the follower for the registries. All methods are safe in any thread; `name_of` never blocks."""

    def __init__(self, history: HistoryFile, client: redis.Redis, clock: Clock) -> None:
        """Take the names that the history has, and write nothing to Redis yet."""
        self._history = history
        self._redis = client
        self._clock = clock
        self._lock = threading.Lock()
        self._names = RoomNames(history.given_names())
        self._look_at_seconds = float("-inf")
        self._refused = ""

    def name_of(self, mic: str) -> str:
        """Return the name of a room for people."""
        return self._names.of(mic)

    def name_room(self, mic: str, text: str, mics: Collection[str]) -> str:
        """Give a room a name, or its own one again if the text is empty, and return the name that it has then.

        Args:
            mic: the microphone of the room.
            text: as a parent has typed it.
            mics: the microphones of all rooms: no two of them are called the same.

        Raises:
            RoomNameError: the room cannot have this name.
            HistoryFileError: the history cannot be read or written.
        """
        name = usable_name(text)
        if text.strip() and not name:
            raise RoomNameError(
                "A name has up to {longest} letters, digits, spaces and other characters of one line.",
                longest=LONGEST_GIVEN_NAME,
            )
        with self._lock:
            known = self._history.given_names()
            if known is None:
                # Another room may be called the same.
                raise HistoryFileError("Rooms cannot be named at present.")
            after = RoomNames({**self._names.given, **known, mic: name})
            taken = after.of(mic).casefold()
            if any(after.of(one).casefold() == taken for one in {*mics, *after.given} if one != mic):
                raise RoomNameError("Another room is called {name} already. Choose another name.", name=after.of(mic))
            self._history.name_room(mic, name)
            self._names.given = after.given
            self._synchronize()
        return self.name_of(mic)

    def registered(self, mics: Mapping[str, MicRecord], rooms: Mapping[str, RoomRecord]) -> None:
        """Write the names to Redis again if it has lost them, and to the history if that has begun anew."""
        del mics, rooms
        now = self._clock.monotonic_seconds()
        with self._lock:
            if now < self._look_at_seconds:
                return
            self._look_at_seconds = now + LOOK_AGAIN_SECONDS
            self._synchronize()

    def _synchronize(self) -> None:
        """Let the history and Redis have the same names; what fails is tried again. No alert needs it.

        The history is right about every room that it knows of, also that a parent has taken its name away.
        """
        known = self._history.given_names()
        if known is None:
            # What cannot be read must not delete what Redis has.
            return
        self._names.given = {**self._names.given, **known}
        try:
            found = read_given_names(self._redis)
            self._names.given = given = {**found, **self._names.given}
            for mic in given.keys() - known.keys():
                self._history.name_room(mic, given[mic])
            for mic, name in given.items():
                if name and found.get(mic) != name:
                    self._redis.hset(names.ROOM_NAMES_HASH, mic, name)
            if gone := [mic for mic in found if not given[mic]]:
                self._redis.hdel(names.ROOM_NAMES_HASH, *gone)
        except (redis.RedisError, HistoryFileError) as error:
            # Once for each reason, such as a Redis whose users are of an earlier release.
            if why(error) != self._refused:
                logger.warning("the history and Redis do not have the same names of rooms: %s", why(error))
            self._refused = why(error)
        else:
            self._refused = ""
