"""The recorder's metrics, for one microphone."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram

from tears.kit.registry.mic_state import UNHEARING, MicState

# From a Redis on this machine (0.3 ms) to one that hangs (the client gives up after 5 s).
PUBLISH_BUCKETS_SECONDS = (0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)

# Of a microphone; a recording has none.
STATES = (MicState.LISTENING, MicState.CLIPPING, *sorted(UNHEARING))


class RecorderMetrics:
    """Declared once a process; the label `mic` is filled in here."""

    def __init__(self, mic: str, registry: CollectorRegistry = REGISTRY) -> None:
        def counter(noun: str, help_text: str) -> Counter:
            return Counter(f"tears_recorder_{noun}", help_text, ["mic"], registry=registry).labels(mic)

        self.chunks = counter("chunks", "Chunks that Redis has accepted, those sent again too.")
        self.samples = counter("samples", "Samples per channel that Redis has accepted, those sent again too.")
        self.resent_chunks = counter("resent_chunks", "Chunks sent again, since Redis had lost them.")
        self.dropped_samples = counter(
            "dropped_samples", "Samples per channel that no Redis ever took: the spool was full, or the recorder ended."
        )
        self.trimmed_unread_chunks = counter(
            "trimmed_unread_chunks", "Chunks that were trimmed from the stream before the preprocessor drew them."
        )
        self.redis_failures = counter("redis_failures", "Calls that Redis did not answer, or refused.")
        self.redis_full = counter("redis_full", "Calls that Redis refused since its memory is full.")
        self.shed_chunks = counter("shed_chunks", "Finished chunks taken out of the stream since Redis was full.")
        self.name_conflicts = counter("name_conflicts", "Attempts that found the name held by another recorder.")
        self.faulty_sources = counter("faulty_sources", "Sources that ended too early: truncated or damaged.")
        self.sessions = counter("sessions", "Sessions that a microphone has begun: one, and one more for each break.")
        self.broken_captures = counter("broken_captures", "Captures of a microphone that failed or broke off.")
        self.overflows = counter("overflows", "Times that a microphone's sound was not fetched soon enough.")
        self.lost_samples = counter(
            "lost_samples", "Samples per channel lost by overflows, as far as can be told; each is a gap."
        )
        self.clipped_values = counter("clipped_values", "Values that a microphone gave at full scale.")
        self.level_dbfs = Gauge(
            "tears_recorder_level_dbfs", "Level of a microphone's last chunk.", ["mic"], registry=registry
        ).labels(mic)
        self._state = Gauge(
            "tears_recorder_state",
            "What a microphone hears: 1 for the one state that is true now.",
            ["mic", "state"],
            registry=registry,
        )
        self._mic = mic
        self.publish_seconds = Histogram(
            "tears_recorder_publish_seconds",
            "One chunk's way into Redis.",
            buckets=PUBLISH_BUCKETS_SECONDS,
            registry=registry,
        )
        self._spool_seconds = Gauge(
            "tears_recorder_spool_seconds", "Sound that waits to be published.", ["mic"], registry=registry
        ).labels(mic)

    def show_state(self, state: MicState) -> None:
        """Exactly one is true."""
        for one in STATES:
            self._state.labels(self._mic, one.value).set(one is state)

    def watch_spool(self, unsent_seconds: Callable[[], float]) -> None:
        """Asks `unsent_seconds` at every scrape; from any thread."""
        self._spool_seconds.set_function(unsent_seconds)
