"""Declare the recorder's metrics, for one microphone."""

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram

from tears.kit.registry.mic_state import UNHEARING, MicState

# From a Redis on this machine (0.3 ms) to one that hangs (the client gives up after 5 s).
PUBLISH_BUCKETS_SECONDS = (0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)

# The states of a microphone; a recording has none.
MIC_STATES = (MicState.LISTENING, MicState.CLIPPING, *sorted(UNHEARING))


class RecorderMetrics:
    """Declare the metrics once in a process, and fill in their label `mic`."""

    def __init__(self, mic: str, registry: CollectorRegistry = REGISTRY) -> None:
        def counter(name: str, help_text: str) -> Counter:
            return Counter(name, help_text, ["mic"], registry=registry).labels(mic)

        def gauge(name: str, help_text: str, *more_labels: str) -> Gauge:
            return Gauge(name, help_text, ["mic", *more_labels], registry=registry)

        self.chunks = counter("tears_recorder_chunks", "Chunks that Redis has accepted, including those sent again.")
        self.samples = counter(
            "tears_recorder_samples", "Samples per channel that Redis has accepted, including those sent again."
        )
        self.resent_chunks = counter("tears_recorder_resent_chunks", "Chunks sent again because Redis had lost them.")
        self.dropped_samples = counter(
            "tears_recorder_dropped_samples",
            "Samples per channel that Redis never accepted: the spool was full, or the recorder ended.",
        )
        self.trimmed_unread_chunks = counter(
            "tears_recorder_trimmed_unread_chunks",
            "Chunks trimmed from the stream before the preprocessor had read them.",
        )
        self.redis_failures = counter("tears_recorder_redis_failures", "Calls that Redis did not answer, or refused.")
        self.redis_full = counter("tears_recorder_redis_full", "Calls that Redis refused because its memory is full.")
        self.shed_chunks = counter(
            "tears_recorder_shed_chunks", "Finished chunks removed from the stream because Redis was full or nearly so."
        )
        self.name_conflicts = counter(
            "tears_recorder_name_conflicts", "Attempts to publish while another recorder held the name."
        )
        self.faulty_sources = counter(
            "tears_recorder_faulty_sources", "Recordings that ended too early: truncated or damaged."
        )
        self.sessions = counter(
            "tears_recorder_sessions", "Sessions of the microphone: one, and one more after each break."
        )
        self.broken_captures = counter(
            "tears_recorder_broken_captures", "Attempts to capture the microphone that failed or broke off."
        )
        self.overflows = counter(
            "tears_recorder_overflows", "Times that the microphone's sound was not read soon enough."
        )
        self.lost_samples = counter(
            "tears_recorder_lost_samples", "Samples per channel lost by overflows, as far as known; each loss is a gap."
        )
        self.clipped_values = counter("tears_recorder_clipped_values", "Values of the microphone at full scale.")
        self.level_dbfs = gauge("tears_recorder_level_dbfs", "Level of the microphone's last chunk.").labels(mic)
        self._state = gauge(
            "tears_recorder_state", "State of the microphone: 1 for the one state that is true now.", "state"
        )
        self._mic = mic
        self.publish_seconds = Histogram(
            "tears_recorder_publish_seconds",
            "Time to publish one chunk to Redis.",
            buckets=PUBLISH_BUCKETS_SECONDS,
            registry=registry,
        )
        self.spool_seconds = gauge(
            "tears_recorder_spool_seconds", "Length of the sound that waits to be published."
        ).labels(mic)

    def show_state(self, state: MicState) -> None:
        """Set the gauge to 1 for `state`, and to 0 for the others."""
        for one in MIC_STATES:
            self._state.labels(self._mic, one.value).set(one is state)
