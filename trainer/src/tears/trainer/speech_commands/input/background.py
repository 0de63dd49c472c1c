"""Draw background noise, which is mixed into clips and is what the label `_silence_` contains."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from tears.audio.format import Signal, float_from_int16
from tears.own_data.clips.wav_files import WavFile, read_wav

# RMS of the noise that replaces missing recordings: -50 dBFS, a quiet room after some gain.
QUIET_RMS: Final = 10 ** (-50 / 20)
# Length of that noise, in clips, before it repeats.
QUIET_CLIPS: Final = 20
SEED: Final = 59185


class Background:
    """Draws stretches of noise from recordings, or from generated quiet pink noise if there are none."""

    def __init__(self, recordings: Sequence[WavFile], clip_samples: int) -> None:
        self._recordings = recordings
        self._clip_samples = clip_samples
        # Generated once: new noise for each clip would take as long as learning from the clip.
        self._quiet = pink_noise(QUIET_CLIPS * clip_samples, np.random.default_rng(SEED))

    def draw(self, rng: np.random.Generator) -> Signal:
        """Return a random stretch of noise, (clip_samples,); a shorter recording is repeated.

        Raises:
            RecordingError: The recording is gone.
        """
        if not self._recordings:
            first = int(rng.integers((QUIET_CLIPS - 1) * self._clip_samples))
            return self._quiet[first : first + self._clip_samples]
        recording = self._recordings[int(rng.integers(len(self._recordings)))]
        spare = recording.samples - self._clip_samples
        first = int(rng.integers(spare + 1)) if spare > 0 else 0
        samples = read_wav(recording.path, first, self._clip_samples)
        return float_from_int16(np.resize(samples, self._clip_samples))


def pink_noise(samples: int, rng: np.random.Generator) -> Signal:
    """Return noise, (samples,), whose power falls by 3 dB an octave, like that of rooms and preamplifiers."""
    bins = samples // 2 + 1
    spectrum = rng.standard_normal(bins) + 1j * rng.standard_normal(bins)
    spectrum /= np.sqrt(np.maximum(np.arange(bins), 1))
    spectrum[0] = 0
    noise = np.fft.irfft(spectrum, samples)
    rms = float(np.sqrt(np.mean(np.square(noise))))
    return np.asarray(noise * (QUIET_RMS / rms if rms else 0.0), np.float32)
