"""Keeps watch over what a microphone hears, and says it everywhere: metrics, registry, probes, log."""

from __future__ import annotations

import logging

import numpy as np

from tears.kit.clock import Clock
from tears.kit.health import Health
from tears.kit.messages import AudioChunk
from tears.kit.registry.mic_state import UNHEARING, MicState
from tears.recorder.capture.mic_condition import Hearing, sound_stats
from tears.recorder.metrics import RecorderMetrics
from tears.recorder.publish.registration import Registration

logger = logging.getLogger(__name__)

# What the probes call it.
MICROPHONE = "microphone"

_REASONS = {
    MicState.SILENT: "it gives nothing but silence; is it muted, or unplugged behind its sound card?",
    MicState.CLIPPING: "it is cut off at full scale; lower its level (alsamixer, F4)",
}


class Vigil:
    """Used by the thread that captures."""

    def __init__(
        self, hearing: Hearing, registration: Registration, metrics: RecorderMetrics, health: Health, clock: Clock
    ) -> None:
        self._hearing = hearing
        self._registration = registration
        self._metrics = metrics
        self._health = health
        self._clock = clock
        self._said: tuple[MicState, str] | None = None
        self._say("has not been looked for yet")

    def begin(self, device: str) -> None:
        """A session of `device` begins."""
        self._metrics.sessions.inc()
        self._hearing.begin(device, self._clock.monotonic_seconds())
        self._say("")

    def heard(self, chunk: AudioChunk) -> None:
        """A chunk was captured."""
        if not chunk.samples:
            return
        frames = np.frombuffer(chunk.pcm, "<i2").reshape(-1, chunk.channels)
        stats = sound_stats(frames, chunk.sample_rate_hz)
        self._metrics.level_dbfs.set(stats.level_dbfs)
        self._metrics.clipped_values.inc(stats.clipped_values)
        self._hearing.add(stats, self._clock.monotonic_seconds())
        self._say(_REASONS.get(self._hearing.state, ""))

    def lost(self, samples: int, overflows: int) -> None:
        """So many samples were never handed on by the device or by whoever captures it."""
        self._metrics.lost_samples.inc(samples)
        self._metrics.overflows.inc(overflows)

    def stalled(self, reason: str) -> None:
        """The device gives no sound."""
        self._lose(MicState.STALLED, reason)

    def absent(self, reason: str) -> None:
        """There is no such device."""
        self._lose(MicState.ABSENT, reason)

    def _lose(self, state: MicState, reason: str) -> None:
        self._metrics.broken_captures.inc()
        self._hearing.lose(state)
        self._say(reason)

    def _say(self, reason: str) -> None:
        """Says what has changed; once."""
        state = self._hearing.state
        if (state, reason) == self._said:
            return
        self._said = (state, reason)
        self._registration.tell(state)
        self._metrics.show_state(state)
        if state in UNHEARING:
            self._health.failed(MICROPHONE, f"{state.value}: {reason}")
        else:
            self._health.answered(MICROPHONE)
        logger.log(
            logging.INFO if state is MicState.LISTENING else logging.WARNING,
            "the microphone is %s%s",
            state.value,
            f": {reason}" if reason else "",
        )
