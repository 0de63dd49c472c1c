"""The interface between the recorder and what it listens to: a listener gives sources, a source gives sound."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

# Shape (samples, channels), C order.
Block: TypeAlias = npt.NDArray[np.int16]


class Source(Protocol):
    """One session of sound. One thread reads it."""

    @property
    def description(self) -> str:
        """The device or file, as the registry of microphones shows it."""

    @property
    def sample_rate_hz(self) -> int:
        """The sample rate, which stays the same for the whole session."""

    @property
    def channels(self) -> int:
        """The number of channels, which stays the same for the whole session."""

    @property
    def is_live(self) -> bool:
        """Whether the sound goes on even if nobody reads: then sound that does not fit is dropped, else it waits."""

    @property
    def fault(self) -> str:
        """Why `blocks()` ended too early, once it has ended; empty if all was well."""

    @property
    def lost_samples(self) -> int:
        """How many samples per channel are missing, as far as known, right before the block that came last."""

    @property
    def overflows(self) -> int:
        """How often sound was lost right before the block that came last."""

    def blocks(self) -> Iterator[Block]:
        """Yield the sound in order, int16 of shape (samples, channels), at least one sample each; blocks.

        A block belongs to the source, which overwrites it when the next one is asked for. The iterator ends with the
        sound; that of a live source also ends soon after the stop event that the source was made with.
        """

    def close(self) -> None:
        """Release the device or file. Call this once, when nobody reads any more."""


class Listener(Protocol):
    """What the recorder listens to, one session after another. One thread reads it."""

    @property
    def description(self) -> str:
        """What the user asked for."""

    @property
    def is_live(self) -> bool:
        """Whether its sources are live; see `Source.is_live`."""

    @property
    def is_endless(self) -> bool:
        """Whether another session may follow one that ended without a stop."""

    def sessions(self) -> Generator[Source, None, None]:
        """Yield each session once there is sound; blocks until then. Ends with the sound, or soon after the stop."""

    def close(self) -> None:
        """Release everything. Call this once, when nobody reads any more."""


class OneSession:
    """The `Listener` of a recording, which is one session only."""

    is_endless = False

    def __init__(self, source: Source) -> None:
        """Take over the source; `close` closes it."""
        self._source = source
        self.description = source.description
        self.is_live = source.is_live
        self.close = source.close

    def sessions(self) -> Generator[Source, None, None]:
        """Yield the recording."""
        yield self._source
