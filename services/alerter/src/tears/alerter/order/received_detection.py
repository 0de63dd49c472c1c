"""From the bytes on `tears:detections` to what the order takes in. The edge: bytes are parsed and doubted here."""

from __future__ import annotations

from dataclasses import dataclass

from tears.alerter.errors import ImpossibleDetectionError
from tears.alerter.order.window_order import Arrival, Heard
from tears.kit.messages import Detection, TombstoneReason

# Above any session's windows, and still whole in every number format on the way.
_MOST_INDEX = 2**53
# The year 9999; a clock that says more cannot be shown.
_MOST_WALL_SECONDS = 253_402_300_799.0

NO_CRY_LABEL = "no_cry_label"


@dataclass(frozen=True, slots=True)
class Incoming:
    """A detection that makes sense. `labels` are the model's where the cry label is none of them, else empty."""

    mic: str
    arrival: Arrival
    labels: tuple[str, ...] = ()


def read_arrival(body: bytes, cry_label: str) -> Incoming:
    """Parses a stream entry.

    Args:
        body: a serialised Detection.
        cry_label: which label's score counts; a detection without it has no score.

    Raises:
        MessageError: it is no detection.
        ImpossibleDetectionError: its numbers are none that a window can have.
    """
    detection = Detection.decode(body)
    header = detection.header
    if header.end_seconds < 0.0 or header.index > _MOST_INDEX:
        raise ImpossibleDetectionError(f"window {header.window_id} ends at {header.end_seconds:g} s")
    score, reason, labels = _score(detection, cry_label)
    heard = Heard(
        index=header.index,
        end_seconds=header.end_seconds,
        captured_at_seconds=min(max(0.0, header.captured_at_seconds), _MOST_WALL_SECONDS),
        level_dbfs=header.level_dbfs,
        score=score,
        reason=reason,
    )
    ends = detection.tombstone is not None and detection.tombstone.reason is TombstoneReason.END_OF_SESSION
    return Incoming(header.mic, Arrival(header.session, heard, ends), labels)


def _score(detection: Detection, cry_label: str) -> tuple[float | None, str, tuple[str, ...]]:
    """The score, or why there is none, and the model's labels if the cry label is none of them."""
    if detection.tombstone is not None:
        return None, detection.tombstone.reason.name.lower(), ()
    score = detection.score_of(cry_label)
    if score is None:
        return None, NO_CRY_LABEL, tuple(label for label, _ in detection.scores) or ("none",)
    return score, "", ()
