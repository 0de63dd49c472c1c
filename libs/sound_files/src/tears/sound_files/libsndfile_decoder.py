"""Decode what libsndfile reads: WAV, FLAC, Ogg, MP3, AIFF and others."""

import os
import re
from pathlib import Path
from typing import Final

import numpy as np
import soundfile

from tears.sound_files.decoder import Frames
from tears.sound_files.wav_header import MendedFile, WavData, find_wav_data

# libsndfile converts these to int16 without loss.
_INT16_CODECS: Final = frozenset({"PCM_16", "PCM_S8", "PCM_U8"})
# libsndfile knows exactly where each sample of these is, or finds it.
_SEEKABLE_FORMATS: Final = frozenset({"WAV", "WAVEX", "RF64", "W64", "AIFF", "AU", "CAF", "FLAC"})
# Programs that write into a pipe do not know the length, and give about the largest number that fits instead.
_UNKNOWN_LENGTH_BYTES: Final = 0x7FFF_0000
# What libsndfile's log of a file says about a container that ends too early.
_SHORT_CHUNK: Final = re.compile(r"^\s*(?:data|SSND|Data Size)\s*: (\d+) \(should be (\d+)\)", re.MULTILINE)
_SHORT_COUNT: Final = re.compile(r"Calculated frame count (\d+) does not match value from 'ds64' chunk of (\d+)")
_LOG_OF_NO_LAST_PAGE: Final = re.compile(
    "Last page lacks an end-of-stream bit|without an End-Of-Stream flag", re.IGNORECASE
)
_SKIPPED_AT_ONCE: Final = 65_536
# The fault of an Ogg whose recorder was cut off. It may be whole otherwise: such a file does not say how long it is.
NO_LAST_PAGE: Final = "lacks its last page"


class _SequentialFile(soundfile.SoundFile):  # type: ignore[misc] # soundfile has no types
    """Read from the beginning to the end.

    If a file is seekable, soundfile seeks before and after every read. That is slow, and it fails at the end of a FLAC
    file that does not know its own length.
    """

    def seekable(self) -> bool:
        return False


class LibsndfileDecoder:
    """The `Decoder` of the formats that libsndfile reads."""

    def __init__(self, path: Path) -> None:
        """Open a file.

        Raises:
            soundfile.LibsndfileError: It is not in one of these formats, or its beginning is damaged.
            OSError: It cannot be read.
        """
        self._path = path
        with path.open("rb") as file:
            self._wav = find_wav_data(file)
        self._file = self._opened()
        self.rate_hz: int = self._file.samplerate
        self.channels: int = self._file.channels
        self.codec: str = self._file.subtype
        self.comment: str = self._file.comment or ""
        self.date: str = self._file.date or ""
        self.is_int16 = self.codec in _INT16_CODECS
        is_known = self._file.frames < np.iinfo(np.int64).max
        self.promised_samples: int | None = int(self._file.frames) if is_known else None
        # libsndfile itself says that some packed WAVs can only be read from their beginning.
        is_seekable = self._file.format in _SEEKABLE_FORMATS and soundfile.SoundFile.seekable(self._file)
        self.is_seekable = is_known and bool(is_seekable)
        self._position = 0
        self._shortfall = _shortfall(self._file.extra_info, self._wav)
        self._decoding_fault = ""

    @property
    def fault(self) -> str:
        """Return why the sound ends too early, as far as it is known by now; empty if all is well."""
        return self._decoding_fault or self._shortfall

    def read(self, out: Frames) -> int:
        """Fill the beginning of `out`; return how many samples: 0 after the end, or where decoding fails."""
        if self._decoding_fault:
            return 0
        try:
            samples = len(self._file.read(out=out))
        except soundfile.LibsndfileError as error:
            # `out` holds what was decoded before the fault, and the file's position says how much that is.
            samples = min(max(self._file.tell() - self._position, 0), len(out))
            self._note_fault(samples, error)
        self._position += samples
        if not samples:
            self._note_end()
        return samples

    def skip(self, samples: int) -> int:
        """Go on by so many samples; return by how many, which is fewer only at the end."""
        target = self._position + samples
        if self.is_seekable and self.promised_samples is not None and target < self.promised_samples:
            try:
                self._file.seek(target)
            except soundfile.LibsndfileError:
                # The rest of a damaged file cannot be searched, but it can be decoded up to the damage.
                self._reopen_at(self._position)
            else:
                self._position = target
                return samples
        return self._decode_away(samples)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _opened(self) -> _SequentialFile:
        patches = self._wav.patches if self._wav else {}
        # As bytes: soundfile cannot encode a name that is not UTF-8.
        return _SequentialFile(MendedFile(self._path, patches) if patches else os.fsencode(self._path))

    def _reopen_at(self, position: int) -> None:
        self._file.close()
        self._file = self._opened()
        self._position = 0
        self.is_seekable = False
        self._decode_away(position)

    def _decode_away(self, samples: int) -> int:
        scratch: Frames = np.empty((_SKIPPED_AT_ONCE, self.channels), np.float32)
        left = samples
        while left and (count := self.read(scratch[:left])):
            left -= count
        return samples - left

    def _note_fault(self, samples: int, error: soundfile.LibsndfileError) -> None:
        decoded_seconds = (self._position + samples) / self.rate_hz
        self._decoding_fault = f"cannot be decoded beyond {decoded_seconds:.3f} s ({error.error_string.strip()})"

    def _note_end(self) -> None:
        if self.promised_samples is not None and self._position < self.promised_samples and not self.fault:
            self._shortfall = f"ends {self.promised_samples - self._position} samples early"


def _shortfall(log: str, wav: WavData | None) -> str:
    """Return by how much a container ends too early, from libsndfile's log; empty if it is whole or does not say."""
    if wav is not None and wav.patches:
        return ""
    if chunk := _SHORT_CHUNK.search(log):
        promised_bytes, found_bytes = int(chunk[1]), int(chunk[2])
        if found_bytes < promised_bytes < _UNKNOWN_LENGTH_BYTES:
            return f"lacks {promised_bytes - found_bytes} of {promised_bytes} bytes of sound"
    if count := _SHORT_COUNT.search(log):
        promised_samples, found_samples = int(count[2]), int(count[1])
        if found_samples < promised_samples:
            return f"ends {promised_samples - found_samples} samples early"
    if _LOG_OF_NO_LAST_PAGE.search(log):
        return NO_LAST_PAGE
    return ""
