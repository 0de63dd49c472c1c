"""Decide how many finished chunks a stream keeps while the memory of Redis runs short. Pure."""

# Above the first part of its memory streams get shorter step by step, and below the second they grow again.
SHORTEN_ABOVE_SHARE = 0.85
GROW_BELOW_SHARE = 0.7


class KeptChunks:
    """The number of chunks to keep before the oldest unfinished one: no more than `most`, no fewer than `fewest`."""

    def __init__(self, *, most: int, fewest: int) -> None:
        self._most = most
        self._fewest = min(fewest, most)
        self._kept = most

    @property
    def is_shortened(self) -> bool:
        """Whether fewer chunks are kept than memory would usually allow."""
        return self._kept < self._most

    @property
    def kept(self) -> int:
        """How many chunks to keep."""
        return self._kept

    def note_memory(self, used_share: float) -> None:
        """Take the next step; `used_share` is how much of its memory Redis uses, 0 to 1.

        Half of the chunks go at each step, and a quarter more come back, so that the streams of many recorders settle.
        """
        if used_share > SHORTEN_ABOVE_SHARE:
            self._kept = max(self._fewest, self._kept // 2)
        elif used_share < GROW_BELOW_SHARE:
            self._kept = min(self._most, self._kept + max(1, self._kept // 4))

    def note_full(self) -> None:
        """Keep the fewest, because Redis has refused a chunk."""
        self._kept = self._fewest
