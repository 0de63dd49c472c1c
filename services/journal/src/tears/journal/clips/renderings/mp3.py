"""Make an MP3 of a clip, which phones play and mail programs take."""

import io
from pathlib import Path

import numpy as np
import soundfile
import soxr

from tears.audio.constants import MODEL_RATE_HZ
from tears.audio.format import float_from_int16, int16_from_float, to_mono

# 56 kbit/s, with libsndfile's scale of 0 (160 kbit/s) to 1 (8 kbit/s) at this rate: 7 KB for each second.
_MP3_COMPRESSION = 0.7
_MP3_PIECE_SECONDS = 5


def mp3_of(path: Path) -> bytes:
    """Return a FLAC file as an MP3 file of one channel at 22 050 Hz.

    Raises:
        OSError: the file cannot be read.
        soundfile.SoundFileError: it is damaged, or libsndfile cannot encode it.
    """
    content = io.BytesIO()
    with (
        soundfile.SoundFile(path) as flac,
        soundfile.SoundFile(
            content,
            "w",
            samplerate=MODEL_RATE_HZ,
            channels=1,
            format="MP3",
            subtype="MPEG_LAYER_III",
            bitrate_mode="CONSTANT",
            compression_level=_MP3_COMPRESSION,
        ) as mp3,
    ):
        resampler = soxr.ResampleStream(flac.samplerate, MODEL_RATE_HZ, 1, dtype="float32")
        for frames in flac.blocks(_MP3_PIECE_SECONDS * flac.samplerate, dtype="int16", always_2d=True):
            mp3.write(int16_from_float(resampler.resample_chunk(float_from_int16(to_mono(frames)))))
        mp3.write(int16_from_float(resampler.resample_chunk(np.zeros(0, np.float32), last=True)))
    return content.getvalue()
