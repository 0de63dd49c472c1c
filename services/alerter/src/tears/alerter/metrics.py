"""The alerter's metrics."""

import enum
from collections.abc import Iterable
from functools import partial

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram

from tears.alerter.order.window_order import DetectionOutcome
from tears.kit.commands.answer import CommandOutcome
from tears.kit.messages import Episode, EpisodeState, TombstoneReason
from tears.kit.streams.stage_metrics import HANDLING_BUCKETS_SECONDS, LAG_BUCKETS_SECONDS, count_from_zero

# The outcome of an entry that cannot be read.
DEAD_OUTCOME = "dead"
NOTIFICATION_OUTCOMES = ("delivered", "failed", "dropped", "outdated", "uncertain", "unconfigured")
MQTT_REQUEST_OUTCOMES = ("sent", "retained", "malformed", "unknown_room", "failed")
# What the loop does beside alerts.
HOUSE_VIEW = "view of the house"
NIGHT_REPORTS = "night reports"
# In the words of `read_detection`.
TOMBSTONE_REASONS = [reason.name.lower() for reason in TombstoneReason]


class AttachmentOutcome(enum.Enum):
    """What became of an attachment, or of an attempt to deliver it."""

    DELIVERED = "delivered"
    # The receiver has not accepted it; it is tried again.
    FAILED = "failed"
    # The receiver has not accepted it too often.
    REFUSED = "refused"
    # No answer came.
    UNCERTAIN = "uncertain"
    # It was too old, or nobody wants it any more.
    LATE = "late"
    # Nothing was left of what it would have shown.
    EMPTY = "empty"
    # It could not be made.
    BROKEN = "broken"
    # It cannot be made yet; not counted.
    WAITS = "waits"


class NightMetrics:
    """The metrics of the nights, on which no alert depends."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.failures = Counter(
            "tears_alerter_night_failures",
            "Failures to keep the nights (write), to report one (report) or to draw it (picture). No alert needs them.",
            ["step"],
            registry=registry,
        )
        count_from_zero(self.failures, ["write", "report", "picture"])
        self.dropped_notes = Counter(
            "tears_alerter_dropped_night_notes",
            "Minutes and episodes that are missing in the nights, because too many waited for the disk.",
            registry=registry,
        )
        self.diary_notes = Counter(
            "tears_alerter_diary_notes",
            "Notes for Baby Buddy: written, attempts that failed, and notes that were dropped after two days.",
            ["outcome"],
            registry=registry,
        )
        count_from_zero(self.diary_notes, ["written", "failed", "dropped"])


class AlerterMetrics:
    """Declared once per process."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        counter = partial(Counter, registry=registry)
        gauge = partial(Gauge, registry=registry)
        histogram = partial(Histogram, registry=registry)
        self.crying_seconds = counter("tears_alerter_crying_seconds", "Crying in episodes.", ["mic"])
        self.episodes = counter("tears_alerter_episodes", "Episodes opened.", ["mic"])
        self.last_episode_seconds = gauge(
            "tears_alerter_last_episode_seconds",
            "Length of the last episode that has closed; 0 before the first.",
            ["mic"],
        )
        self.ended_episodes = counter("tears_alerter_ended_episodes", "Episodes closed.", ["mic"])
        self.open_episodes = gauge("tears_alerter_open_episodes", "1 while an episode is open, else 0.", ["mic"])
        self.deaf = gauge("tears_alerter_deaf", "1 while an expected microphone gives no scores, else 0.", ["mic"])
        self.expected = gauge(
            "tears_alerter_expected",
            "1 while scores are expected; 0 after the recorder has ended properly, until the next begins or the "
            "alerter starts again.",
            ["mic"],
        )
        self.score = gauge("tears_alerter_score", "The last cry score; NaN if the last window had none.", ["mic"])
        self.snoozed = gauge(
            "tears_alerter_snoozed", "1 while crying is not told, because the room is snoozed or held, else 0.", ["mic"]
        )
        self.withheld_notices = counter(
            "tears_alerter_withheld_notices",
            "Notices that were not sent, because the room was snoozed or held.",
            ["mic"],
        )
        self.commands = counter(
            "tears_alerter_commands",
            "Commands by outcome: obeyed, needless (there was nothing to do), unknown (no such room or episode), stale "
            "(too old), doubled (answered before), malformed, refused (by a receiver, or for a fault in its file), or "
            "failed (a fault of Tears).",
            ["outcome"],
        )
        count_from_zero(self.commands, [outcome.value for outcome in CommandOutcome])
        self.dropped_reports = counter(
            "tears_alerter_dropped_reports",
            "Reports of who was told that no page will show, because Redis did not take them in time.",
        )
        self.detections = counter(
            "tears_alerter_detections",
            "Detections by outcome: taken, duplicate, late (given up before), stale (its session has ended), "
            "or dead (unreadable).",
            ["outcome"],
        )
        count_from_zero(self.detections, [*(outcome.value for outcome in DetectionOutcome), DEAD_OUTCOME])
        self.tombstones = counter("tears_alerter_tombstones", "Windows without a score, by reason.", ["mic", "reason"])
        self.missing_windows = counter("tears_alerter_missing_windows", "Windows that never came.", ["mic"])
        self.held_detections = gauge(
            "tears_alerter_held_detections", "Detections that wait behind a missing one.", ["mic"]
        )
        self.trimmed_unread = counter(
            "tears_alerter_trimmed_unread_detections", "Detections that were trimmed before they were read."
        )
        self.stream_restarts = counter(
            "tears_alerter_stream_restarts",
            "How often the stream was read from its beginning, because Redis had lost it.",
        )
        self.notifications = counter(
            "tears_alerter_notifications",
            "Attempts to deliver a notice (delivered or failed), and notices that were deleted: for lack of room "
            "(dropped), because a newer notice makes them untrue (outdated), because no answer came "
            "too often (uncertain), or because their receiver is no longer "
            "configured (unconfigured).",
            ["outcome"],
        )
        count_from_zero(self.notifications, NOTIFICATION_OUTCOMES)
        self.attachments = counter(
            "tears_alerter_attachments",
            "Attachments by outcome: delivered, refused (not accepted too often), uncertain (no answer came), late "
            "(too old, or no longer wanted), empty (the sound was gone), or broken (it could not be made); and the "
            "attempts that failed.",
            ["outcome"],
        )
        count_from_zero(
            self.attachments, [one.value for one in AttachmentOutcome if one is not AttachmentOutcome.WAITS]
        )
        self.outbox_rows = gauge(
            "tears_alerter_outbox_rows", "Rows that wait to leave the alerter: events and notices.", ["kind"]
        )
        self.dropped_events = counter(
            "tears_alerter_dropped_events", "Events for the stream that were dropped for lack of room."
        )
        self.mqtt_connected = gauge("tears_alerter_mqtt_connected", "1 while the MQTT broker has accepted us, else 0.")
        self.mqtt_failures = counter(
            "tears_alerter_mqtt_failures", "Times the MQTT broker could not be reached, refused us, or was lost."
        )
        self.mqtt_messages = counter(
            "tears_alerter_mqtt_messages",
            "Messages for the MQTT broker by outcome: sent, or dropped (an event that was too old when it returned).",
            ["outcome"],
        )
        count_from_zero(self.mqtt_messages, ["sent", "dropped"])
        self.mqtt_requests = counter(
            "tears_alerter_mqtt_requests",
            "Messages from the MQTT broker that ask for something, by outcome: sent (to `tears:commands`), retained, "
            "malformed, unknown_room, or failed (Redis did not take it).",
            ["outcome"],
        )
        count_from_zero(self.mqtt_requests, MQTT_REQUEST_OUTCOMES)
        self.redis_failures = counter("tears_alerter_redis_failures", "Calls that Redis did not answer.")
        self.redis_memory_bytes = gauge("tears_alerter_redis_memory_bytes", "Memory that Redis uses for its data.")
        self.redis_memory_limit_bytes = gauge(
            "tears_alerter_redis_memory_limit_bytes", "Memory that Redis may use for its data; 0 means no limit."
        )
        self.planning_failures = counter(
            "tears_alerter_planning_failures", "Rounds in which nobody could say who gets a notice, so that all got it."
        )
        self.rules_reads = counter(
            "tears_alerter_rules_reads",
            "How often the file of receivers was read because it had changed: taken, or refused as faulty.",
            ["outcome"],
        )
        count_from_zero(self.rules_reads, ["taken", "refused"])
        self.forgotten_commands = counter(
            "tears_alerter_forgotten_commands",
            "Entries of tears:commands that were deleted, because they were too long or too many for commands.",
        )
        self.rules_faulty = gauge(
            "tears_alerter_rules_faulty",
            "1 while the file of receivers cannot be used, so that earlier receivers are notified, else 0.",
        )
        self.receivers = gauge("tears_alerter_receivers", "Receivers that are notified; 0 means that nobody is.")
        self.state_failures = counter("tears_alerter_state_failures", "Commits to the state file that failed.")
        self.side_failures = counter(
            "tears_alerter_side_failures",
            "Rounds in which work beside alerts broke: the view of the house for Home Assistant, or the night reports.",
            ["work"],
        )
        count_from_zero(self.side_failures, [HOUSE_VIEW, NIGHT_REPORTS])
        self.nights = NightMetrics(registry)
        self.commit_seconds = histogram(
            "tears_alerter_commit_seconds", "Duration of a commit to the state file.", buckets=HANDLING_BUCKETS_SECONDS
        )
        self.lag_seconds = histogram(
            "tears_alerter_lag_seconds",
            "From a window's last sample until the window is judged and the result is saved.",
            buckets=LAG_BUCKETS_SECONDS,
        )

    def count_episode(self, mic: str, episode: Episode) -> None:
        """Count that an episode has opened or closed."""
        if episode.state is EpisodeState.OPEN:
            self.episodes.labels(mic).inc()
        else:
            self.last_episode_seconds.labels(mic).set(episode.end_seconds - episode.start_seconds)
            self.ended_episodes.labels(mic).inc()

    def count_windows(self, mic: str, tombstones: Iterable[str], *, missing: int, surplus: int) -> None:
        """Count windows that were not heard: by the reasons of tombstones, never come, and beyond a session's end."""
        for reason in tombstones:
            self.tombstones.labels(mic, reason).inc()
        self.missing_windows.labels(mic).inc(missing)
        self.detections.labels(DetectionOutcome.STALE.value).inc(surplus)

    def show_redis_memory(self, used_bytes: float, limit_bytes: float) -> None:
        """Show what Redis says of its memory; NaN stands for what it does not say."""
        self.redis_memory_bytes.set(used_bytes)
        self.redis_memory_limit_bytes.set(limit_bytes)

    def show_outbox(self, events: int, notices: int) -> None:
        """Show how many rows wait to leave the alerter."""
        self.outbox_rows.labels("events").set(events)
        self.outbox_rows.labels("notices").set(notices)

    def show_counters(self, mic: str) -> None:
        """Show a microphone's counters before there is anything to count."""
        for counter in (
            self.crying_seconds,
            self.episodes,
            self.ended_episodes,
            self.missing_windows,
            self.withheld_notices,
        ):
            counter.labels(mic)
        count_from_zero(self.tombstones, [mic], TOMBSTONE_REASONS)
        self.last_episode_seconds.labels(mic)
