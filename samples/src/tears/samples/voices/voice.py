"""A voice: a larynx that pulses and leaks, and a tube that resonates. Babies, adults and dogs differ only in numbers.

The source is one impulse for each closure of the glottis, the moment of most of a voice's energy, filtered by the
spectrum of the derivative of glottal flow (the model of Fant and Liljencrants: +6 dB an octave below the "glottal
formant", -6 above it, -12 above a corner that a soft closure lowers). It is the derivative because a mouth radiates in
proportion to the change of flow. Breath is turbulence that passes while the glottis is open.

A larynx that is driven hard does not only get noisy: it goes through period doubling (audible as subharmonics) into
chaos. Cycles here deviate by the logistic map x -> r x (1 - x), the simplest system that does the same: steady up to
r = 3, then alternating between two values, then four, and chaotic from 3.57 to 4. A `roughness` of 0 to 1 means r from
2.8 to 4.

The tube is a cascade of resonances; those that the mouth changes are updated every 5 ms.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tears.samples.waveforms import SCENE_RATE_HZ, FloatArray

# Single precision: its error is 140 dB below the sound, which is enough, and it takes half the time.
ComplexArray = npt.NDArray[np.complex64]

GESTURE_FRAME_SAMPLES = 240  # 5 ms: faster movements of a larynx or a jaw are inaudible
FRAMES_PER_SECOND = SCENE_RATE_HZ // GESTURE_FRAME_SAMPLES  # 200

_FFT_SIZE = 2048  # a windowed frame of 480 samples, and 33 ms in which the resonances die away
_BINS_HZ = np.fft.rfftfreq(_FFT_SIZE, 1 / SCENE_RATE_HZ).astype(np.float32)
_SINC_TAPS = 32
# A tube has infinitely many resonances: the inaudible ones still raise those below, by 16 dB at 10 kHz in a baby's.
_HIGHEST_RESONANCE_HZ = 200_000.0
# Turbulence has little power below 1 kHz. The factor makes a breath of 1 about as loud as an effort of 1.
_TURBULENCE = (0.05 * (1j * _BINS_HZ / 1000) / (1 + 1j * _BINS_HZ / 1000)).astype(np.complex64)


@dataclass(frozen=True)
class Gesture:
    """The movements of a larynx and a mouth: tracks with one value every 5 ms, and constants of the voice."""

    pitch_hz: FloatArray  # shape (frames,), > 0: cycles of the glottis in a second
    effort: FloatArray  # shape (frames,), >= 0: the strength of the pulses, linear; 0 is no voice
    # Shape (frames,), >= 0: turbulence, linear; with an effort of 1, 0.05 is clear and 0.5 hoarse.
    breath: FloatArray
    # Shape (frames,), 0 to 1: from regular to chaotic; from 0.17 on the period doubles, from 0.65 on no period is left.
    roughness: FloatArray
    formants_hz: FloatArray  # shape (frames, formants): the resonances that change, ascending
    bandwidths_hz: tuple[float, ...]  # the formants' widths at -3 dB
    # The distance of the tube's further resonances, c / 2L: 2 200 for a baby's 8 cm, 1 030 for 17 cm.
    spacing_hz: float
    press: float  # the glottal formant divided by the pitch: 1 in relaxed speech, 2 with pressed folds as in a cry
    tilt_hz: float  # above it the source falls by 12 dB an octave, not 6: 1 500 soft, 10 000 pressed
    jitter: float  # relative deviation of a cycle's length: 0.005 healthy, 0.02 hoarse
    shimmer: float  # relative deviation of a pulse's strength: 0.03 healthy, 0.1 hoarse


def utter(gesture: Gesture, rng: np.random.Generator) -> FloatArray:
    """Return the sound of a gesture, shape (frames * 240,), at 48 kHz."""
    pulses, openness = _pulses(gesture, rng)
    noise = rng.standard_normal(pulses.size) * openness * _per_sample(gesture.breath)
    tract = _tract_response(gesture)
    return _filtered(pulses, tract * _glottal_spectrum(gesture)) + _filtered(noise, tract * _TURBULENCE)


def _per_sample(track: FloatArray) -> FloatArray:
    """Return a track of one value for each frame as one value for each sample, joined by straight lines."""
    frames = np.arange(track.size * GESTURE_FRAME_SAMPLES) / GESTURE_FRAME_SAMPLES - 0.5
    return np.interp(frames, np.arange(track.size), track)


def _pulses(gesture: Gesture, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Return band-limited impulses at the closures, and how open the glottis is; both of shape (samples,)."""
    phase = np.cumsum(_per_sample(gesture.pitch_hz)) / SCENE_RATE_HZ
    time = np.arange(phase.size, dtype=np.float64)
    cycles = int(phase[-1])
    roughness = np.interp(np.interp(np.arange(cycles), phase, time), time, _per_sample(gesture.roughness))
    deviation = _logistic_deviation(2.8 + 1.2 * np.clip(roughness, 0.0, 1.0), rng)
    lengths = 1 + gesture.jitter * rng.standard_normal(cycles) + 0.35 * deviation
    closures = np.cumsum(np.maximum(lengths, 0.4))
    closures = closures[closures < phase[-1]]
    at = np.interp(closures, phase, time)
    effort = _per_sample(gesture.effort)
    variation = 1 + gesture.shimmer * rng.standard_normal(at.size) + 1.2 * deviation[: at.size]
    strength = np.interp(at, time, effort) * np.maximum(variation, 0.0)

    # An impulse between two samples is a windowed sinc around its position.
    before = _SINC_TAPS // 2 - 1
    taps = np.arange(_SINC_TAPS)
    whole = at.astype(np.int64)
    distance = taps[None, :] - before - (at - whole)[:, None]
    kernels = np.sinc(distance) * np.cos(np.pi * distance / (_SINC_TAPS + 2)) ** 2
    pulses = np.zeros(time.size + _SINC_TAPS)
    np.add.at(pulses, whole[:, None] + taps[None, :], strength[:, None] * kernels)

    cycle = np.interp(time, at, np.arange(at.size)) if at.size else np.zeros(time.size)
    # Without vibration the glottis is open, and breath flows evenly.
    closing = 0.4 * effort / (effort + 0.05)
    return pulses[before : before + time.size], 1 - closing * (1 + np.cos(2 * np.pi * cycle))


def _logistic_deviation(growth: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Return the logistic map's distance from its fixed point in each cycle: -0.75 to 0.35, near 0 while steady."""
    state = 0.6
    states = np.empty(growth.size)
    nudges = rng.normal(0, 0.002, growth.size)
    for index, (rate, nudge) in enumerate(zip(growth.tolist(), nudges.tolist(), strict=True)):
        state = min(max(rate * state * (1 - state) + nudge, 0.01), 0.99)
        states[index] = state
    return states - (1 - 1 / growth)


def _glottal_spectrum(gesture: Gesture) -> ComplexArray:
    """Return the spectrum of the derivative of glottal flow; shape (frames, bins)."""
    ratio = 1j * _BINS_HZ[None, :] / (gesture.press * gesture.pitch_hz[:, None]).astype(np.float32)
    return ratio / (1 + 1.4 * ratio + ratio**2) / (1 + 1j * _BINS_HZ[None, :] / gesture.tilt_hz)


def _tract_response(gesture: Gesture) -> ComplexArray:
    """Return the resonances of the tube; shape (frames, bins)."""
    last_hz = float(gesture.formants_hz[:, -1].mean())
    fixed_hz = np.arange(last_hz + gesture.spacing_hz, _HIGHEST_RESONANCE_HZ, gesture.spacing_hz)
    # Walls and the open mouth damp the higher resonances more.
    response: ComplexArray = np.prod(_resonance(fixed_hz, 0.06 * fixed_hz), axis=0)[None, :]
    for formant, bandwidth_hz in enumerate(gesture.bandwidths_hz):
        centre_hz = gesture.formants_hz[:, formant]
        response = response * _resonance(centre_hz, np.full(centre_hz.size, bandwidth_hz))
    return np.asarray(response)


def _resonance(centre_hz: FloatArray, bandwidth_hz: FloatArray) -> ComplexArray:
    """Return pairs of poles with a gain of 1 at 0 Hz; shape (resonances, bins)."""
    square = (centre_hz**2)[:, None].astype(np.float32)
    return np.asarray(
        square / (square - _BINS_HZ[None, :] ** 2 + 1j * _BINS_HZ[None, :] * bandwidth_hz[:, None].astype(np.float32))
    )


def _filtered(source: FloatArray, response: ComplexArray) -> FloatArray:
    """Return a source after a filter that changes: raised-cosine frames, each filtered by its own response, added up.

    The source and the result have the shape (frames * 240,), the response (frames, bins). What rings on after the end
    is cut off.
    """
    hop_samples = GESTURE_FRAME_SAMPLES
    frames = source.size // hop_samples
    padded = np.pad(source, (hop_samples // 2, hop_samples * 3 // 2))
    window = 0.5 - 0.5 * np.cos(np.pi * (np.arange(2 * hop_samples) + 0.5) / hop_samples)
    pieces = np.lib.stride_tricks.sliding_window_view(padded, 2 * hop_samples)[::hop_samples][:frames]
    sounds = np.fft.irfft(np.fft.rfft((pieces * window).astype(np.float32), _FFT_SIZE) * response, _FFT_SIZE)
    # A frame's sound is nine hops long: the n-th hop of every frame is added n hops later, for all frames at once.
    hops = -(-_FFT_SIZE // hop_samples)
    parts = np.pad(sounds, ((0, 0), (0, hops * hop_samples - _FFT_SIZE))).reshape(frames, hops, hop_samples)
    result = np.zeros((frames + hops, hop_samples))
    for hop in range(hops):
        result[hop : hop + frames] += parts[:, hop]
    return result.ravel()[hop_samples // 2 :][: source.size]
