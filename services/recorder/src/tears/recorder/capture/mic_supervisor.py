"""Watch over one microphone and report its state everywhere: metrics, registry, probes, log."""

import logging

from tears.audio.format import frames_from_pcm
from tears.kit.clock import Clock
from tears.kit.health import Health
from tears.kit.messages import AudioChunk
from tears.kit.registry.mic_state import UNHEARING, MicState
from tears.recorder.capture.mic_condition import MicCondition
from tears.recorder.capture.sound_stats import sound_stats
from tears.recorder.metrics import RecorderMetrics
from tears.recorder.publish.registration import Registration

logger = logging.getLogger(__name__)

# The name that the probes show.
MICROPHONE = "microphone"

_SOUND_FAULTS = {
    MicState.SILENT: "it gives nothing but silence; is it muted, or unplugged behind its sound card?",
    MicState.CLIPPING: "its sound is cut off at full scale; lower its level (alsamixer, F4)",
}
_UNSTEADY = "it gives only bursts of sound and breaks off; check its network, its plug and its power"


class MicSupervisor:
    """Report the state of a microphone, each change once. Only the capture thread uses it."""

    def __init__(self, registration: Registration, metrics: RecorderMetrics, health: Health, clock: Clock) -> None:
        """Report the microphone as absent until a session begins."""
        self._condition = MicCondition()
        self._registration = registration
        self._metrics = metrics
        self._health = health
        self._clock = clock
        self._reported: tuple[MicState, str] | None = None
        self._report("the recorder has not looked for it yet", level=logging.DEBUG)

    def begin_session(self, device: str) -> None:
        """Note that a session of `device` begins."""
        self._metrics.sessions.inc()
        self._condition.begin_session(device, self._clock.monotonic_seconds())
        self._report(_UNSTEADY if self._condition.is_unsteady else "")

    def note_chunk(self, chunk: AudioChunk) -> None:
        """Judge a chunk that was captured."""
        if not chunk.samples:
            return
        stats = sound_stats(frames_from_pcm(chunk.pcm, chunk.channels), chunk.sample_rate_hz)
        self._metrics.level_dbfs.set(stats.level_dbfs)
        self._metrics.clipped_values.inc(stats.clipped_values)
        self._condition.add(stats, self._clock.monotonic_seconds())
        unsteady = _UNSTEADY if self._condition.is_unsteady else ""
        self._report(unsteady or _SOUND_FAULTS.get(self._condition.state, ""))

    def note_lost_samples(self, samples: int, overflows: int) -> None:
        """Count samples that the device or the capturing process did not pass on."""
        self._metrics.lost_samples.inc(samples)
        self._metrics.overflows.inc(overflows)

    def note_broken_capture(self, state: MicState, reason: str) -> None:
        """Note that the device gives no sound (`STALLED`), or that there is no such device (`ABSENT`)."""
        self._metrics.broken_captures.inc()
        self._condition.lose(state)
        unsteady = f"{_UNSTEADY}; " if self._condition.is_unsteady else ""
        self._report(f"{unsteady}{reason}")

    def _report(self, reason: str, level: int | None = None) -> None:
        state = self._condition.state
        if (state, reason) == self._reported:
            return
        self._reported = (state, reason)
        self._registration.set_state(state)
        self._metrics.show_state(state)
        described = f"{state.value}: {reason}" if reason else state.value
        if state in UNHEARING:
            self._health.failed(MICROPHONE, described)
        else:
            self._health.answered(MICROPHONE)
        if level is None:
            level = logging.INFO if state is MicState.LISTENING else logging.WARNING
        logger.log(level, "the microphone is %s", described)
