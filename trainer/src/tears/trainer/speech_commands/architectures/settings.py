"""The settings that an architecture is built for: the clip, and the fingerprint that is computed from it."""

from dataclasses import dataclass
from typing import Final

from tears.trainer.errors import ArchitectureError

PREPROCESSES: Final = ("mfcc", "average", "micro")
MOST_CLIP_SAMPLES: Final = 16 * 1024 * 1024  # the largest tensor that the model server accepts


@dataclass(frozen=True)
class ArchitectureSettings:
    """The clip, its fingerprint, and the number of labels to tell apart.

    The defaults are those of TensorFlow's speech_commands, except the upper frequency, which was 4 kHz there.

    Raises:
        ArchitectureError: A value is out of its range, or the values do not fit each other.
    """

    label_count: int  # number of logits of the model
    sample_rate_hz: int = 16_000
    clip_duration_ms: float = 1_000.0
    window_size_ms: float = 30.0  # length of one frame of the spectrogram
    window_stride_ms: float = 10.0  # time from the start of one frame to the start of the next
    feature_bin_count: int = 40  # values in a frame; for `average` approximately
    preprocess: str = "mfcc"  # the kind of fingerprint, one of `PREPROCESSES`
    upper_frequency_hz: float | None = None  # upper limit of `mfcc` and `micro`; None is half the sample rate
    quantize: bool = False  # whether `model.tflite` keeps its weights in eight bits

    def __post_init__(self) -> None:
        for name, low, high in (
            ("label_count", 2, 1_000),
            ("sample_rate_hz", 1_000, 384_000),
            ("clip_duration_ms", 10, 600_000),
            ("window_size_ms", 1, 1_000),
            ("window_stride_ms", 1, 1_000),
            ("feature_bin_count", 1, 512),
        ):
            if not low <= getattr(self, name) <= high:
                raise ArchitectureError(f"{name} is {getattr(self, name):g}; it must be between {low} and {high}")
        if self.preprocess not in PREPROCESSES:
            raise ArchitectureError(f'preprocess is "{self.preprocess}"; it must be one of {", ".join(PREPROCESSES)}')
        if self.frames < 1:
            raise ArchitectureError(
                f"window_size_ms {self.window_size_ms:g} is longer than clip_duration_ms {self.clip_duration_ms:g}; "
                "shorten the window or lengthen the clip"
            )
        if self.clip_samples > MOST_CLIP_SAMPLES:
            raise ArchitectureError(
                f"sample_rate_hz x clip_duration_ms makes {self.clip_samples} samples a clip; "
                f"at most {MOST_CLIP_SAMPLES} can be served"
            )
        if self.upper_frequency_hz is not None and not 0 < self.upper_frequency_hz <= self.sample_rate_hz / 2:
            raise ArchitectureError(
                f"upper_frequency_hz is {self.upper_frequency_hz:g}; at {self.sample_rate_hz} samples a second it must "
                f"be above 0 and at most {self.sample_rate_hz / 2:g}"
            )
        if self.preprocess == "average" and self.feature_bin_count > self.bins:
            raise ArchitectureError(
                f"feature_bin_count is {self.feature_bin_count}, and the spectrum has only {self.bins} bins to average"
            )

    @property
    def clip_samples(self) -> int:
        """Return the number of samples in a clip."""
        return int(self.sample_rate_hz * self.clip_duration_ms / 1000)

    @property
    def window_samples(self) -> int:
        """Return the number of samples in a frame."""
        return int(self.sample_rate_hz * self.window_size_ms / 1000)

    @property
    def stride_samples(self) -> int:
        """Return the number of samples from one frame to the next."""
        return int(self.sample_rate_hz * self.window_stride_ms / 1000)

    @property
    def frames(self) -> int:
        """Return the number of whole frames in a clip."""
        rest = self.clip_samples - self.window_samples
        return 0 if rest < 0 else 1 + rest // self.stride_samples

    @property
    def fft_samples(self) -> int:
        """Return the size of the Fourier transform: the power of two that holds a frame."""
        return max(2, 1 << (self.window_samples - 1).bit_length())

    @property
    def bins(self) -> int:
        """Return the number of bins in the spectrum, from 0 Hz to half the sample rate."""
        return self.fft_samples // 2 + 1

    @property
    def upper_hz(self) -> float:
        """Return the upper frequency limit of the front end."""
        return self.sample_rate_hz / 2 if self.upper_frequency_hz is None else self.upper_frequency_hz

    @property
    def averaged_bins(self) -> int:
        """Return the number of bins that `average` combines into one value."""
        return self.bins // self.feature_bin_count

    @property
    def fingerprint_width(self) -> int:
        """Return the number of values in a frame."""
        if self.preprocess == "average":
            return -(-self.bins // self.averaged_bins)
        return self.feature_bin_count
