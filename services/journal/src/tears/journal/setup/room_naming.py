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

# How often to see whether Redis still has them: it may have begun anew.
LOOK_AGAIN_SECONDS: Final = 10.0


class RoomNaming:
    """A listener of the follower for the registries. All methods are safe in any thread; `name_of` never blocks."""

    def __init__(self, history: HistoryFile, client: redis.Redis, clock: Clock) -> None:
        """Take the names that the history has, and write nothing to Redis yet."""
        self._history = history
        self._redis = client
        self._clock = clock
        self._lock = threading.Lock()
        self._is_known = False
        self._names = RoomNames()
        self._look_at_seconds = float("-inf")
        self._refused = ""
        with self._lock:
            self._take_known()

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
            self._take_known()
            if not self._is_known:
                # The names of the other rooms would be forgotten.
                raise HistoryFileError("Rooms cannot be named at present.")
            given = {**self._names.given, mic: name}
            after = RoomNames({one: other for one, other in given.items() if other})
            taken = after.of(mic).casefold()
            if any(after.of(one).casefold() == taken for one in {*mics, *after.given} if one != mic):
                raise RoomNameError("Another room is called {name} already. Choose another name.", name=after.of(mic))
            self._history.name_room(mic, name)
            self._names.given = after.given
            self._write_to_redis()
        return self.name_of(mic)

    def registered(self, mics: Mapping[str, MicRecord], rooms: Mapping[str, RoomRecord]) -> None:
        """Write the names to Redis again if it has lost them."""
        del mics, rooms
        now = self._clock.monotonic_seconds()
        with self._lock:
            if now < self._look_at_seconds:
                return
            self._look_at_seconds = now + LOOK_AGAIN_SECONDS
            self._take_known()
            # What cannot be read must not delete what Redis has.
            if self._is_known:
                self._write_to_redis()

    def _take_known(self) -> None:
        known = None if self._is_known else self._history.given_names()
        if known is not None:
            self._names.given = known
            self._is_known = True

    def _write_to_redis(self) -> None:
        """Make Redis have what we have; what fails is tried again. No alert needs it."""
        given = self._names.given
        try:
            found = read_given_names(self._redis)
            for mic, name in given.items():
                if found.get(mic) != name:
                    self._redis.hset(names.ROOM_NAMES_HASH, mic, name)
            if gone := found.keys() - given.keys():
                self._redis.hdel(names.ROOM_NAMES_HASH, *gone)
        except redis.RedisError as error:
            # Once for each reason, such as a Redis whose users are of an earlier release.
            if why(error) != self._refused:
                logger.warning("alerts do not have the names of the rooms: %s", why(error))
            self._refused = why(error)
        else:
            self._refused = ""
