"""Check the headers of WAV files, find missing bytes, and read samples."""

import contextlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tears.audio.format import Int16Array, int16_from_float
from tears.own_data.errors import RecordingError
from tears.sound_files.errors import UnreadableSoundError
from tears.sound_files.reader import fill, look_at, open_decoder
from tears.sound_files.wav_header import find_wav_data


@dataclass(frozen=True)
class WavFile:
    """A recording that training can use, and the number of its samples."""

    path: Path
    samples: int


def check_wav(path: Path, sample_rate: int) -> WavFile:
    """Check a file by its header, and by what it holds where the header does not say.

    Raises:
        RecordingError: It is not a WAV, does not have `sample_rate` Hz, has more than one channel, no sound or less
            than its header says, or is compressed so that it can only be read from its start.
    """
    if missing := missing_bytes(path):
        raise RecordingError(
            f"{path} is truncated: its last {missing} bytes are missing; copy or record it again, or delete it"
        )
    try:
        found = look_at(path)
    except UnreadableSoundError as error:
        raise RecordingError(f"{path} cannot be read as sound: it {error.reason}; convert or delete it") from error
    if found.channels != 1:
        raise RecordingError(
            f"{path} has {found.channels} channels, and a clip has one; mix them: sox {path.name} MONO.wav remix -"
        )
    if found.rate_hz != sample_rate:
        raise RecordingError(
            f"{path} has {found.rate_hz} Hz, not the {sample_rate} Hz of --sample_rate; resample it "
            f"(sox {path.name} -r {sample_rate} OUT.wav), or train with --sample_rate={found.rate_hz}"
        )
    if not found.is_seekable:
        raise RecordingError(
            f"{path} is packed as {found.codec}, which can only be read from its start; unpack it "
            f"(sox {path.name} -e signed -b 16 OUT.wav)"
        )
    if not found.samples:
        raise RecordingError(f"{path} holds no sound; delete it")
    return WavFile(path, found.samples)


def read_wav(path: Path, first: int, count: int) -> Int16Array:
    """Return samples of a file that `check_wav` has accepted: int16, (n,), with n < count only at its end.

    Raises:
        RecordingError: The file is gone, or has changed since.
    """
    try:
        decoder = open_decoder(path)
    except UnreadableSoundError as error:
        raise RecordingError(f"{path} could be read at the start and no longer can: it {error.reason}") from error
    with contextlib.closing(decoder):
        samples = np.empty((count, decoder.channels), np.float64)
        decoder.skip(first)
        samples = samples[: fill(decoder, samples)]
    if samples.shape[1] != 1 or not samples.size:
        raise RecordingError(f"{path} was changed while it was trained on")
    return np.asarray(int16_from_float(samples[:, 0]))


def missing_bytes(path: Path) -> int:
    """Return how many bytes of a RIFF file are missing, by its header; 0 if the header does not say.

    Raises:
        RecordingError: The file cannot be read.
    """
    try:
        with path.open("rb") as file:
            data = find_wav_data(file)
    except OSError as error:
        raise RecordingError(
            f"{path} cannot be read: {error.strerror}; let this user read it (chmod +r), or leave it out"
        ) from error
    return data.missing if data else 0
