"""Where sound comes from: the seam between the recorder and what it listens to."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

# Shape (samples, channels), C order.
Block: TypeAlias = npt.NDArray[np.int16]


class Source(Protocol):
    """One session of sound. Read by one thread."""

    @property
    def description(self) -> str:
        """The device or file, as the registry of microphones shows it."""

    @property
    def sample_rate_hz(self) -> int:
        """The same for the whole session."""

    @property
    def channels(self) -> int:
        """The same for the whole session."""

    @property
    def is_live(self) -> bool:
        """Whether the sound goes on whoever listens. Then what does not fit is dropped; else the source waits."""

    @property
    def fault(self) -> str:
        """Once `blocks()` has ended: why it ended too early; empty if all was well."""

    @property
    def lost_samples(self) -> int:
        """What is known or supposed to be missing right before the block that was yielded last, per channel."""

    @property
    def overflows(self) -> int:
        """How often sound was lost there."""

    def blocks(self) -> Iterator[Block]:
        """Yields the sound in order, int16 of shape (samples, channels), at least one sample each; blocks.

        A block belongs to the source: it is overwritten when the next one is asked for. Ends with the sound, and a
        live source soon after the stop that it was made with.
        """

    def close(self) -> None:
        """Lets go of the device or file; to be called once, when nobody is reading."""


class Listener(Protocol):
    """What is listened to, one session after another. Read by one thread."""

    @property
    def description(self) -> str:
        """What was asked for."""

    @property
    def is_live(self) -> bool:
        """See `Source`."""

    @property
    def is_endless(self) -> bool:
        """Whether a session that ends without a stop has broken off, and another may follow."""

    def sessions(self) -> Generator[Source, None, None]:
        """Yields each session once there is sound; blocks until then. Ends with the sound, or soon after the stop."""

    def close(self) -> None:
        """Lets go of everything; to be called once, when nobody is reading."""


class OneSession:
    """A recording: one session, and that is all; see `Listener`."""

    is_endless = False

    def __init__(self, source: Source) -> None:
        """Takes the source over."""
        self._source = source
        self.description = source.description
        self.is_live = source.is_live

    def sessions(self) -> Generator[Source, None, None]:
        """See `Listener`."""
        yield self._source

    def close(self) -> None:
        """See `Listener`."""
        self._source.close()
