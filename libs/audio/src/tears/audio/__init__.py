"""The audio arithmetic: format, level, gain, resampling, windowing. Pure."""

from tears.audio.errors import AudioError, AudioFormatError, GainError, HopError
from tears.audio.format import (
    FULL_SCALE,
    HIGHEST_RATE_HZ,
    LOWEST_RATE_HZ,
    MODEL_RATE_HZ,
    WINDOW_SAMPLES,
    WINDOW_SECONDS,
    Int16Array,
    SampleArray,
    frames_from_pcm,
    int16_from_float,
    pcm_from_samples,
    to_model_input,
    to_mono,
)
from tears.audio.gain import MAX_GAIN_DB, apply_gain, auto_gain_db
from tears.audio.hops import native_window_samples, window_count, window_end, window_start, windows_ending_in
from tears.audio.level import SILENCE_DBFS, level_dbfs
from tears.audio.resample import resample
from tears.audio.window import Window, make_window

__all__ = [
    "FULL_SCALE",
    "HIGHEST_RATE_HZ",
    "LOWEST_RATE_HZ",
    "MAX_GAIN_DB",
    "MODEL_RATE_HZ",
    "SILENCE_DBFS",
    "WINDOW_SAMPLES",
    "WINDOW_SECONDS",
    "AudioError",
    "AudioFormatError",
    "GainError",
    "HopError",
    "Int16Array",
    "SampleArray",
    "Window",
    "apply_gain",
    "auto_gain_db",
    "frames_from_pcm",
    "int16_from_float",
    "level_dbfs",
    "make_window",
    "native_window_samples",
    "pcm_from_samples",
    "resample",
    "to_model_input",
    "to_mono",
    "window_count",
    "window_end",
    "window_start",
    "windows_ending_in",
]
