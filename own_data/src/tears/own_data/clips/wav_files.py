"""Check the names and headers of WAV files, find missing bytes, and read samples."""

import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np
import soundfile

from tears.audio.format import Int16Array, int16_from_float
from tears.own_data.errors import RecordingError

# These lengths mean "unknown": sox and ffmpeg write them into a pipe, and a recorder that is cut off leaves them.
_UNKNOWN_LENGTHS: Final = (0, 0x7FFFFFFF, 0x7FFFF000, 0x7FFFFFF0, 0xFFFFFFFF, 0xFFFFFFFE)
_CHUNK_HEAD: Final = 8


@dataclass(frozen=True)
class WavFile:
    """A recording that training can use, and the number of its samples."""

    path: Path
    samples: int


def check_wav(path: Path, sample_rate: int) -> WavFile:
    """Check a file by its header.

    Raises:
        RecordingError: It is not a WAV, does not have `sample_rate` Hz, has more than one channel, no sound or less
            than its header says, or is compressed so that it can only be read from its start.
    """
    if fault := fault_of_name(path):
        raise RecordingError(fault)
    if missing := missing_bytes(path):
        raise RecordingError(
            f"{path} is truncated: its last {missing} bytes are missing; copy or record it again, or delete it"
        )
    try:
        with soundfile.SoundFile(str(path)) as found:
            is_seekable = found.seekable()
    except soundfile.LibsndfileError as error:
        raise RecordingError(f"{path} cannot be read as sound ({error.error_string}); convert or delete it") from error
    if found.channels != 1:
        raise RecordingError(
            f"{path} has {found.channels} channels, and a clip has one; mix them: sox {path.name} MONO.wav remix -"
        )
    if found.samplerate != sample_rate:
        raise RecordingError(
            f"{path} has {found.samplerate} Hz, not the {sample_rate} Hz of --sample_rate; resample it "
            f"(sox {path.name} -r {sample_rate} OUT.wav), or train with --sample_rate={found.samplerate}"
        )
    if not is_seekable:
        raise RecordingError(
            f"{path} is packed as {found.subtype}, which can only be read from its start; unpack it "
            f"(sox {path.name} -e signed -b 16 OUT.wav)"
        )
    if not found.frames:
        raise RecordingError(f"{path} holds no sound; delete it")
    return WavFile(path, found.frames)


def read_wav(path: Path, first: int, count: int) -> Int16Array:
    """Return samples of a file that `check_wav` has accepted: int16, (n,), with n < count only at its end.

    Raises:
        RecordingError: The file is gone, or has changed since.
    """
    try:
        with soundfile.SoundFile(str(path)) as file:
            file.seek(first)
            samples = file.read(count, dtype="float64")
    except soundfile.LibsndfileError as error:
        raise RecordingError(f"{path} could be read at the start and no longer can: {error.error_string}") from error
    if samples.ndim != 1 or not samples.size:
        raise RecordingError(f"{path} was changed while it was trained on")
    return np.asarray(int16_from_float(samples))


def fault_of_name(path: Path) -> str:
    """Return the fault of a path whose name is not UTF-8, as of old devices, and the cure; empty for other paths."""
    try:
        os.fspath(path).encode()
    except UnicodeEncodeError:
        return f"{os.fsencode(path).decode(errors='replace')} has a name that is not UTF-8; rename it"
    return ""


def missing_bytes(path: Path) -> int:
    """Return how many bytes of a RIFF file are missing, by its header; 0 if the header does not say.

    Raises:
        RecordingError: The file cannot be read.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            promised = _promised_bytes(file)
    except OSError as error:
        raise RecordingError(
            f"{path} cannot be read: {error.strerror}; let this user read it (chmod +r), or leave it out"
        ) from error
    return max(0, promised - size)


def _promised_bytes(file: BinaryIO) -> int:
    head = file.read(12)
    if head[:4] != b"RIFF" or head[8:] != b"WAVE":
        return 0
    while len(head := file.read(_CHUNK_HEAD)) == _CHUNK_HEAD:
        name, length = struct.unpack("<4sI", head)
        if name == b"data":
            return 0 if length in _UNKNOWN_LENGTHS else file.tell() + length
        # Chunks start at even places.
        file.seek(length + length % 2, 1)
    return 0
