"""Decode what phones write, and whatever else FFmpeg reads and libsndfile does not. Needs the package av."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from tears.sound_files.decoder import Frames

if TYPE_CHECKING:
    import av
    from av.container import InputContainer

# Only kinds of files that hold sound themselves. A playlist would make FFmpeg open whatever it names.
_FORMATS: Final = (
    "aac,ac3,adts,aiff,amr,amrnb,amrwb,asf,au,avi,caf,flac,flv,loas,m4v,matroska,webm,mov,mp4,m4a,3gp,3g2,mj2,mp3,mpeg,"
    "mpegts,ogg,wav,w64"
)
Sound: TypeAlias = npt.NDArray[np.float64]
_AV_FLOAT64: Final = "dbl"


class PhoneDecoder:
    """The `Decoder` of the formats that FFmpeg reads. It gives floats only."""

    is_int16 = False
    is_seekable = False
    comment = ""
    # Some phones write down when a recording began, and others when it ended.
    date = ""
    promised_samples: int | None = None

    def __init__(self, path: Path) -> None:
        """Open a file and decode its first sound.

        Raises:
            ImportError: The package av is not installed.
            OSError: It cannot be read.
            ValueError: It is not in one of these formats, or holds no sound.
        """
        import av  # noqa: PLC0415 - it is an extra

        self._damaged_packets, self._end = 0, ""
        self._file = path.open("rb")
        try:
            options = {"format_whitelist": _FORMATS, "protocol_whitelist": "pipe"}
            self._container: InputContainer = av.open(self._file, "r", options=options)
            self._decoded = self._decode()
            self._left: Sound | None = self._first()
        except av.FFmpegError as error:
            self._file.close()
            raise ValueError(error.strerror or str(error)) from error
        except BaseException:
            self._file.close()
            raise
        self.channels = self._left.shape[1]
        self.codec: str = self._container.streams.audio[0].codec_context.name

    @property
    def fault(self) -> str:
        """Return that parts could not be decoded; empty if all is well."""
        if self._end:
            return self._end
        return f"has {self._damaged_packets} damaged parts, which are left out" if self._damaged_packets else ""

    def read(self, out: Frames) -> int:
        """Fill the beginning of `out`, float32 or float64; return how many samples: 0 after the end."""
        filled = 0
        while filled < len(out) and self._left is not None:
            taken = self._left[: len(out) - filled]
            out[filled : filled + len(taken)] = taken
            filled += len(taken)
            rest = self._left[len(taken) :]
            self._left = rest if len(rest) else next(self._decoded, None)
        return filled

    def skip(self, samples: int) -> int:
        """Decode so many samples and forget them; return how many there were."""
        left = samples
        while left and self._left is not None:
            count = min(left, len(self._left))
            left -= count
            rest = self._left[count:]
            self._left = rest if len(rest) else next(self._decoded, None)
        return samples - left

    def close(self) -> None:
        """Close the file."""
        self._decoded.close()
        self._container.close()
        self._file.close()

    def _first(self) -> Sound:
        first = next(self._decoded, None)
        if first is None:
            raise ValueError("it holds no sound that can be decoded")
        return first

    def _decode(self) -> Generator[Sound, None, None]:
        """Yield the sound: float64 of shape (samples, channels), at least one sample each."""
        import av  # noqa: PLC0415 - see above

        resampler: av.AudioResampler | None = None
        first = kind = None
        for packet in self._packets():
            try:
                frames = packet.decode()
            except av.FFmpegError:
                self._damaged_packets += 1
                continue
            for frame in frames:
                if first is None:
                    self.rate_hz: int = frame.sample_rate
                    first = frame.layout, frame.sample_rate
                if resampler is None or kind != (frame.format.name, frame.layout.name, frame.sample_rate):
                    # A resampler takes one kind only. The first sound says what later sound is converted to.
                    if resampler is not None:
                        yield from _sound_of(resampler.resample(None))
                    kind = frame.format.name, frame.layout.name, frame.sample_rate
                    resampler = av.AudioResampler(_AV_FLOAT64, *first)
                yield from _sound_of(resampler.resample(frame))
        if resampler is not None:
            yield from _sound_of(resampler.resample(None))

    def _packets(self) -> Generator[av.Packet[av.AudioStream], None, None]:
        """Yield the packets of the first stream of sound, up to the end or to where the file cannot be read on."""
        import av  # noqa: PLC0415 - see above

        streams = self._container.streams.audio
        packets = self._container.demux(streams[0]) if streams else iter(())
        while True:
            try:
                packet = next(packets, None)
            except av.FFmpegError as error:
                self._end = f"cannot be read to its end ({error.strerror})"
                return
            if packet is None:
                return
            yield packet


def _sound_of(frames: Iterable[av.AudioFrame]) -> Generator[Sound, None, None]:
    for frame in frames:
        if frame.samples:
            yield np.asarray(frame.to_ndarray(), np.float64).reshape(-1, frame.layout.nb_channels)
