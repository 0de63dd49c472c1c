"""Hold the sound of a room to its own speed: what comes faster is old, and would only delay what is new. No I/O."""

from typing import Final

# Sound that may come at once, as after a hiccup of the network.
_MOST_SENT_AHEAD_SECONDS: Final = 3.0


class SoundPace:
    """Takes sound as fast as it is played, and a little that was late; after an outage, Redis has minutes of it."""

    def __init__(self, now_seconds: float) -> None:
        """Begin now; all times are monotonic."""
        self._credit_seconds = _MOST_SENT_AHEAD_SECONDS
        self._at_seconds = now_seconds

    def takes(self, sound_seconds: float, now_seconds: float) -> bool:
        """Return whether this much sound may go on; if not, it is to be left out."""
        passed_seconds = now_seconds - self._at_seconds
        self._at_seconds = now_seconds
        self._credit_seconds = min(_MOST_SENT_AHEAD_SECONDS, self._credit_seconds + passed_seconds)
        if self._credit_seconds <= 0:
            return False
        self._credit_seconds -= min(sound_seconds, _MOST_SENT_AHEAD_SECONDS)
        return True
