"""Files of sound whose headers lie, as recorders, phones and broken copies leave them. All sound is synthesised."""

import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import av
import numpy as np
import soundfile
from numpy.typing import NDArray

ODD_RATE_HZ = 16_000


def hum(seconds: float, rate_hz: int = ODD_RATE_HZ) -> NDArray[np.int16]:
    """Return a tone with some hiss, int16 (seconds * rate,)."""
    count = round(seconds * rate_hz)
    noise = np.random.default_rng(7).normal(0, 300, count)
    return np.asarray(6_000 * np.sin(2 * np.pi * 440 * np.arange(count) / rate_hz) + noise, np.int16)


def unclosed_wav(path: Path, samples: NDArray[np.int16]) -> None:
    """Write a WAV whose recorder lost power: its header says that it holds 0 bytes."""
    _wav_with(path, samples, lambda _: 0)


def outgrown_wav(path: Path, samples: NDArray[np.int16]) -> None:
    """Write a WAV that grew after its header was last written, which promises a tenth of the sound."""
    _wav_with(path, samples, lambda length: length // 10)


def piped_wav(path: Path, samples: NDArray[np.int16]) -> None:
    """Write a WAV as programs write it into a pipe, with the longest length that there is."""
    _wav_with(path, samples, lambda _: 0xFFFF_FFFF)


def piped_flac(path: Path, samples: NDArray[np.int16]) -> None:
    """Write a FLAC as programs write it into a pipe, without its length."""
    soundfile.write(path, samples, ODD_RATE_HZ, format="FLAC")
    content = bytearray(path.read_bytes())
    # The last 36 bits of these eight bytes are the number of samples.
    fields = int.from_bytes(content[18:26], "big") >> 36 << 36
    content[18:26] = fields.to_bytes(8, "big")
    path.write_bytes(content)


def ogg_flac(path: Path, samples: NDArray[np.int16]) -> None:
    """Write FLAC in Ogg with FFmpeg, which libsndfile does not read."""
    encode(path, samples, "ogg", "flac", "s16")


def m4a(path: Path, samples: NDArray[np.int16]) -> None:
    """Write a voice memo of a phone."""
    encode(path, samples, "mp4", "aac", "fltp")


def webm(path: Path, samples: NDArray[np.int16]) -> None:
    """Write what a browser records."""
    encode(path, samples, "webm", "libopus", "flt")


def amr(path: Path, samples: NDArray[np.int16]) -> None:
    """Write a voice memo of an old phone, at 8 kHz."""
    encode(path, np.ascontiguousarray(samples[::2]), "amr", "libopencore_amrnb", "s16", ODD_RATE_HZ // 2)


EXACT_FILES: Mapping[str, Callable[[Path, NDArray[np.int16]], None]] = MappingProxyType(
    {
        "unclosed.wav": unclosed_wav,
        "outgrown.wav": outgrown_wav,
        "piped.wav": piped_wav,
        "piped.flac": piped_flac,
        "ffmpeg.ogg": ogg_flac,
    }
)
PHONE_FILES: Mapping[str, Callable[[Path, NDArray[np.int16]], None]] = MappingProxyType(
    {"memo.m4a": m4a, "memo.3gp": m4a, "memo.webm": webm, "memo.amr": amr}
)


def encode(
    path: Path, samples: NDArray[np.int16], container: str, codec: str, sample_format: str, rate_hz: int = ODD_RATE_HZ
) -> None:
    """Write sound with FFmpeg's encoders."""
    with av.open(str(path), "w", format=container) as file:
        stream = file.add_stream(codec, rate=rate_hz)
        assert isinstance(stream, av.AudioStream)
        stream.codec_context.layout = "mono"
        stream.codec_context.format = sample_format
        stream.codec_context.open()
        size = stream.codec_context.frame_size or 1_024
        resampler = av.AudioResampler(sample_format, "mono", rate_hz, size)
        frame = av.AudioFrame.from_ndarray(samples[np.newaxis], "s16", "mono")
        frame.sample_rate, frame.pts = rate_hz, 0
        for piece in (*resampler.resample(frame), *resampler.resample(None)):
            file.mux(stream.encode(piece))
        file.mux(stream.encode(None))


def _wav_with(path: Path, samples: NDArray[np.int16], length_of: Callable[[int], int]) -> None:
    soundfile.write(path, samples, ODD_RATE_HZ, format="WAV", subtype="PCM_16")
    content = bytearray(path.read_bytes())
    at = content.index(b"data") + 4
    wrong = struct.pack("<I", length_of(2 * len(samples)))
    content[4:8] = content[at : at + 4] = wrong
    path.write_bytes(content)
