"""The interface between the recorder and what it listens to: a listener gives sources, a source gives sound."""

from collections.abc import Callable, Generator, Iterator
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

# Shape (samples, channels), C order.
Block: TypeAlias = npt.NDArray[np.int16]


class Source(Protocol):
    """One session of sound, which one thread reads. Its rate and its number of channels never change.

    Attributes:
        description: The device or file, as the registry of microphones shows it.
        sample_rate_hz: The sample rate.
        channels: The number of channels.
        lost_samples: How many samples per channel are missing, as far as known, right before the newest block.
        overflows: How often sound was lost right before the newest block.
    """

    description: str
    sample_rate_hz: int
    channels: int
    lost_samples: int
    overflows: int

    @property
    def fault(self) -> str:
        """Return why `blocks()` ended too early, once it has ended; empty if all was well."""

    def blocks(self) -> Iterator[Block]:
        """Yield the sound in order, int16 of shape (samples, channels), at least one sample each; blocks.

        A block belongs to the source, which overwrites it when the next one is asked for. The iterator ends with the
        sound; that of a live source also ends soon after the stop event that the source was made with.
        """


class Listener(Protocol):
    """A microphone, stream or recording that gives one session after another. One thread reads it.

    Attributes:
        description: What the user asked for.
        is_live: Whether the sound goes on even if nobody reads: then sound that does not fit is dropped, else it waits.
    """

    description: str
    is_live: bool

    def sessions(self) -> Generator[Source, None, None]:
        """Yield each session once there is sound; blocks until then. Ends with the sound, or soon after the stop.

        The reader closes the generator, which then releases the device or file.
        """


class OneSession:
    """The `Listener` of a recording, which is one session only; `close` releases the recording after it."""

    def __init__(self, source: Source, *, is_live: bool, close: Callable[[], None]) -> None:
        self._source = source
        self.description = source.description
        self.is_live = is_live
        self._close = close

    def sessions(self) -> Generator[Source, None, None]:
        """Yield the recording."""
        try:
            yield self._source
        finally:
            self._close()
