"""Leave out chunks that were handed on before: after an outage of Redis its streams are read from their beginning."""

from collections import OrderedDict
from typing import Final

from tears.kit.messages import AudioChunk

# A microphone that is plugged in and out begins a session each time.
_MOST_SESSIONS: Final = 64


class RepeatedSound:
    """Remembers how far the last sessions of all rooms have come. No I/O."""

    def __init__(self) -> None:
        self._reached: OrderedDict[tuple[str, str], int] = OrderedDict()

    def is_new(self, mic: str, chunk: AudioChunk) -> bool:
        """Return whether a chunk has sound, or an end of its session, that has not been seen."""
        key = (mic, chunk.session)
        reached = self._reached.get(key, -1)
        # An end of a session may be empty, and then reaches no further than the chunk before it.
        reaches = 2 * chunk.end_sample + chunk.ends_session
        if reaches <= reached:
            return False
        self._reached[key] = reaches
        self._reached.move_to_end(key)
        while len(self._reached) > _MOST_SESSIONS:
            self._reached.popitem(last=False)
        return True
