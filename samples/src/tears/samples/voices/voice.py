"""A voice: a larynx that pulses and leaks, before a tube that resonates. Babies, adults, dogs differ in numbers only.

The source is one impulse for each closure of the glottis, the moment that makes most of a voice's energy, coloured by
the spectrum of the derivative of glottal flow (the picture of Fant and Liljencrants: +6 dB an octave below the "glottal
formant", -6 above it, -12 beyond a corner that a soft closure lowers). Its derivative, since a mouth radiates in
proportion to the change of flow. Breath is turbulence, let through while the glottis is open.

A larynx driven hard does not merely get noisy: it goes through period doubling (heard as subharmonics) into chaos. So
cycles here deviate by the logistic map x -> r x (1 - x), the plainest system with that route: steady up to r = 3, then
alternating between two values, then four, and chaotic from 3.57 to 4. `roughness` 0 to 1 is r from 2.8 to 4.

The tube is a cascade of resonances; those that the mouth moves change every 5 ms.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tears.samples.waveforms import RATE_HZ, FloatArray

# Single precision: 140 dB between a filter's sound and its error are plenty, and it takes half the time.
ComplexArray = npt.NDArray[np.complex64]

FRAME_SAMPLES = 240  # 5 ms: what a larynx or a jaw does in less is not heard
FRAMES_PER_SECOND = RATE_HZ // FRAME_SAMPLES  # 200

_FFT_SIZE = 2048  # a windowed frame of 480 samples, and 33 ms for the resonances to die away in
_BIN_HZ = np.fft.rfftfreq(_FFT_SIZE, 1 / RATE_HZ).astype(np.float32)
_SINC_TAPS = 32
# A tube has no end of resonances: those beyond hearing still lift what lies below them, by 16 dB at 10 kHz in a baby's.
_HIGHEST_RESONANCE_HZ = 200_000.0
# Turbulence has little below a kilohertz. The factor makes a breath of 1 about as loud as an effort of 1.
_TURBULENCE = (0.05 * (1j * _BIN_HZ / 1000) / (1 + 1j * _BIN_HZ / 1000)).astype(np.complex64)


@dataclass(frozen=True)
class Gesture:
    """What a larynx and a mouth do: tracks of one value every 5 ms, and constants of the voice.

    Attributes:
        pitch_hz: Shape (frames,), > 0: cycles of the glottis a second.
        effort: Shape (frames,), >= 0: the strength of the pulses, linear; 0 is no voice.
        breath: Shape (frames,), >= 0: turbulence, linear; beside an effort of 1, 0.05 is clear and 0.5 hoarse.
        roughness: Shape (frames,), 0 to 1: regular to chaotic; from 0.17 the period doubles, from 0.65 it is lost.
        formants_hz: Shape (frames, formants): the resonances that move, ascending.
        bandwidths_hz: Shape (formants,): their widths at -3 dB.
        spacing_hz: The distance of the tube's further resonances, c / 2L: 2 200 for a baby's 8 cm, 1 030 for 17 cm.
        press: The glottal formant over the pitch: 1 in easy talk, 2 where the folds are pressed together as in a cry.
        tilt_hz: The corner above which the source falls by 12 dB an octave, not 6: 1 500 soft, 10 000 pressed.
        jitter: Relative deviation of a cycle's length: 0.005 healthy, 0.02 hoarse.
        shimmer: Relative deviation of a pulse's strength: 0.03 healthy, 0.1 hoarse.
    """

    pitch_hz: FloatArray
    effort: FloatArray
    breath: FloatArray
    roughness: FloatArray
    formants_hz: FloatArray
    bandwidths_hz: tuple[float, ...]
    spacing_hz: float
    press: float
    tilt_hz: float
    jitter: float
    shimmer: float


def utter(gesture: Gesture, rng: np.random.Generator) -> FloatArray:
    """The sound of a gesture.

    Returns:
        Shape (frames * 240,), at 48 kHz.
    """
    pulses, openness = _pulses(gesture, rng)
    noise = rng.standard_normal(pulses.size) * openness * _per_sample(gesture.breath)
    tract = _tract_response(gesture)
    return _filtered(pulses, tract * _glottal_spectrum(gesture)) + _filtered(noise, tract * _TURBULENCE)


def _per_sample(track: FloatArray) -> FloatArray:
    """A track of one value a frame, joined by straight lines to one value a sample."""
    frames = np.arange(track.size * FRAME_SAMPLES) / FRAME_SAMPLES - 0.5
    return np.interp(frames, np.arange(track.size), track)


def _pulses(gesture: Gesture, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Band-limited impulses at the closures, and how open the glottis is around them; both of shape (samples,)."""
    phase = np.cumsum(_per_sample(gesture.pitch_hz)) / RATE_HZ
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

    # An impulse between two samples is a windowed sinc around its place.
    before = _SINC_TAPS // 2 - 1
    taps = np.arange(_SINC_TAPS)
    whole = at.astype(np.int64)
    distance = taps[None, :] - before - (at - whole)[:, None]
    kernels = np.sinc(distance) * np.cos(np.pi * distance / (_SINC_TAPS + 2)) ** 2
    pulses = np.zeros(time.size + _SINC_TAPS)
    np.add.at(pulses, whole[:, None] + taps[None, :], strength[:, None] * kernels)

    cycle = np.interp(time, at, np.arange(at.size)) if at.size else np.zeros(time.size)
    # Where nothing vibrates the glottis stands open, and breath flows evenly.
    closing = 0.4 * effort / (effort + 0.05)
    return pulses[before : before + time.size], 1 - closing * (1 + np.cos(2 * np.pi * cycle))


def _logistic_deviation(growth: FloatArray, rng: np.random.Generator) -> FloatArray:
    """How far the logistic map is from its fixed point, cycle by cycle: within -0.75 and 0.35, near 0 while steady."""
    state = 0.6
    states = np.empty(growth.size)
    nudges = rng.normal(0, 0.002, growth.size)
    for index, (rate, nudge) in enumerate(zip(growth.tolist(), nudges.tolist(), strict=True)):
        state = min(max(rate * state * (1 - state) + nudge, 0.01), 0.99)
        states[index] = state
    return states - (1 - 1 / growth)


def _glottal_spectrum(gesture: Gesture) -> ComplexArray:
    """The spectrum of the derivative of glottal flow; shape (frames, bins)."""
    ratio = 1j * _BIN_HZ[None, :] / (gesture.press * gesture.pitch_hz[:, None]).astype(np.float32)
    return ratio / (1 + 1.4 * ratio + ratio**2) / (1 + 1j * _BIN_HZ[None, :] / gesture.tilt_hz)


def _tract_response(gesture: Gesture) -> ComplexArray:
    """The resonances of the tube; shape (frames, bins)."""
    last_hz = float(gesture.formants_hz[:, -1].mean())
    fixed_hz = np.arange(last_hz + gesture.spacing_hz, _HIGHEST_RESONANCE_HZ, gesture.spacing_hz)
    # Walls and the open mouth damp the higher ones ever more.
    response: ComplexArray = np.prod(_resonance(fixed_hz, 0.06 * fixed_hz), axis=0)[None, :]
    for formant, bandwidth_hz in enumerate(gesture.bandwidths_hz):
        centre_hz = gesture.formants_hz[:, formant]
        response = response * _resonance(centre_hz, np.full(centre_hz.size, bandwidth_hz))
    return np.asarray(response)


def _resonance(centre_hz: FloatArray, bandwidth_hz: FloatArray) -> ComplexArray:
    """Pairs of poles with a gain of 1 at 0 Hz; shape (resonances, bins)."""
    square = (centre_hz**2)[:, None].astype(np.float32)
    return np.asarray(
        square / (square - _BIN_HZ[None, :] ** 2 + 1j * _BIN_HZ[None, :] * bandwidth_hz[:, None].astype(np.float32))
    )


def _filtered(source: FloatArray, response: ComplexArray) -> FloatArray:
    """A source through a filter that changes: raised-cosine frames, each through a response of its own, added up.

    Args:
        source: Shape (frames * 240,).
        response: Shape (frames, bins).

    Returns:
        The source's shape; what rings on beyond its end is cut.
    """
    frames = source.size // FRAME_SAMPLES
    padded = np.pad(source, (FRAME_SAMPLES // 2, FRAME_SAMPLES * 3 // 2))
    window = 0.5 - 0.5 * np.cos(np.pi * (np.arange(2 * FRAME_SAMPLES) + 0.5) / FRAME_SAMPLES)
    pieces = np.lib.stride_tricks.sliding_window_view(padded, 2 * FRAME_SAMPLES)[::FRAME_SAMPLES][:frames]
    sounds = np.fft.irfft(np.fft.rfft((pieces * window).astype(np.float32), _FFT_SIZE) * response, _FFT_SIZE)
    # A frame's sound spans nine hops: the n-th hop of every frame is added n hops later, all frames at once.
    hops = -(-_FFT_SIZE // FRAME_SAMPLES)
    parts = np.pad(sounds, ((0, 0), (0, hops * FRAME_SAMPLES - _FFT_SIZE))).reshape(frames, hops, FRAME_SAMPLES)
    result = np.zeros((frames + hops, FRAME_SAMPLES))
    for hop in range(hops):
        result[hop : hop + frames] += parts[:, hop]
    return result.ravel()[FRAME_SAMPLES // 2 :][: source.size]
