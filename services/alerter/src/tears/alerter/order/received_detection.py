"""A detection as the alerter knows it, and the parsing of the bytes on `tears:detections`. No I/O."""

from dataclasses import dataclass

from tears.alerter.errors import ImpossibleDetectionError
from tears.kit.messages import Detection, TombstoneReason
from tears.policy.episode_rule import WINDOW_LENGTH_SECONDS

# More windows than any session has, and still exact in every number format on the way.
_HIGHEST_INDEX = 2**53
# The end of the year 9999; a later time cannot be shown.
_LATEST_WALL_SECONDS = 253_402_300_799.0

NO_CRY_LABEL = "no_cry_label"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedDetection:
    """A detection on its way from the stream to the policy.

    Attributes:
        session: the uninterrupted capture that the window belongs to.
        index: the window's number in its session, from 0. At the end of a session: how many windows it has.
        end_seconds: the window's end on the session's own clock.
        captured_at_seconds: the wall clock at the window's last sample.
        level_dbfs: the level before gain.
        score: the score of the cry label; None for a tombstone.
        reason: why there is no score; empty if there is one.
        ends_session: this announces the end of the session and is not a window.
        other_labels: the model's labels if the cry label is not one of them, else empty.
        arrived_at_seconds: the monotonic clock when it was read.
        may_be_forgotten: it comes from a part of the stream that may have been read before, and its session may have
            ended so long ago that it is no longer remembered.
        missing_before: how many windows directly before it never came. `WindowOrder` sets this.
    """

    mic: str
    session: str
    index: int
    end_seconds: float
    captured_at_seconds: float
    level_dbfs: float
    score: float | None
    reason: str = ""
    ends_session: bool = False
    other_labels: tuple[str, ...] = ()
    arrived_at_seconds: float = 0.0
    may_be_forgotten: bool = False
    missing_before: int = 0

    @property
    def hop_seconds(self) -> float:
        """The hop, computed from index and end; 0 for the first window, which does not determine it."""
        return (self.end_seconds - WINDOW_LENGTH_SECONDS) / self.index if self.index else 0.0


def read_detection(body: bytes, cry_label: str, now: float) -> ReceivedDetection:
    """Parse and check a stream entry.

    The score of `cry_label` counts; a detection without this label has no score. `now` is the monotonic clock.

    Raises:
        MessageError: the bytes are not a detection.
        ImpossibleDetectionError: no window can have these numbers.
    """
    message = Detection.decode(body)
    header, tombstone = message.header, message.tombstone
    if header.end_seconds < 0.0 or header.index > _HIGHEST_INDEX:
        raise ImpossibleDetectionError(f"no window can be {header.window_id} and end at {header.end_seconds:g} s")
    score, reason = message.score_of(cry_label), ""
    other_labels: tuple[str, ...] = ()
    if tombstone is not None:
        reason = tombstone.reason.name.lower()
    elif score is None:
        reason = NO_CRY_LABEL
        other_labels = tuple(label for label, _ in message.scores) or ("none",)
    return ReceivedDetection(
        mic=header.mic,
        session=header.session,
        index=header.index,
        end_seconds=header.end_seconds,
        captured_at_seconds=min(max(0.0, header.captured_at_seconds), _LATEST_WALL_SECONDS),
        level_dbfs=header.level_dbfs,
        score=score,
        reason=reason,
        ends_session=tombstone is not None and tombstone.reason is TombstoneReason.END_OF_SESSION,
        other_labels=other_labels,
        arrived_at_seconds=now,
    )
