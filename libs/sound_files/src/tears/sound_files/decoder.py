"""The interface of what decodes a file of sound."""

from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

# int16, or float32 or float64 in [-1, 1): (samples, channels), C order.
Frames: TypeAlias = npt.NDArray[np.int16] | npt.NDArray[np.float32] | npt.NDArray[np.float64]


class Decoder(Protocol):
    """Decodes one file from its beginning to its end. One thread uses it.

    Attributes:
        rate_hz: The sample rate.
        channels: The number of channels.
        codec: How the sound is stored, e.g. PCM_16, VORBIS or aac.
        is_int16: Whether all of its sound fits into int16, so that it can be read as that without loss.
        promised_samples: How many samples the header promises, per channel; None if it does not say.
        is_seekable: Whether `skip` jumps; else it decodes everything on the way.
        comment: A comment that the file holds; empty for none.
        date: A date that the file holds; empty for none.
    """

    rate_hz: int
    channels: int
    codec: str
    is_int16: bool
    promised_samples: int | None
    is_seekable: bool
    comment: str
    date: str

    @property
    def fault(self) -> str:
        """Return why the sound ends too early, as far as it is known by now; empty if all is well."""

    def read(self, out: Frames) -> int:
        """Fill the beginning of `out`, whose values are scratch memory; return how many samples: 0 after the end."""

    def skip(self, samples: int) -> int:
        """Go on by so many samples; return by how many, which is fewer only at the end."""

    def close(self) -> None:
        """Close the file."""
