"""A plain model of the alerter, to search for the policy that suits a model's scores."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Detection:
    """The score of one window: when it ended, how loud it was before gain, what the model said."""

    end_seconds: float
    level_dbfs: float
    cry_score: float


@dataclass(frozen=True)
class Policy:
    """When a bout of crying opens and closes.

    Attributes:
        open_score: A window with this score or more is evidence.
        close_score: With less than this for ``quiet_seconds`` an episode closes.
        evidence_seconds: So much evidence opens an episode; each window stands for one hop.
        within_seconds: The evidence must lie within so much time.
        quiet_seconds: See close_score.
        floor_dbfs: A quieter window is never evidence.
    """

    open_score: float
    close_score: float
    evidence_seconds: float
    within_seconds: float
    quiet_seconds: float
    floor_dbfs: float


@dataclass(frozen=True)
class Episode:
    """One bout as it was told: the end of the window that opened it, and when it closed."""

    alerted_at_seconds: float
    end_seconds: float


def episodes(detections: Sequence[Detection], policy: Policy, hop_seconds: float = 1.0) -> list[Episode]:
    """The episodes of a night, in order; one that is open at its end closes there."""
    found: list[Episode] = []
    evidence: list[float] = []
    opened: float | None = None
    last_heard = 0.0
    for detection in detections:
        now, audible = detection.end_seconds, detection.level_dbfs >= policy.floor_dbfs
        if opened is None:
            if audible and detection.cry_score >= policy.open_score:
                evidence.append(now)
            evidence = [end for end in evidence if end > now - policy.within_seconds]
            if evidence and evidence[-1] == now and len(evidence) * hop_seconds >= policy.evidence_seconds:
                opened, last_heard, evidence = now, now, []
        elif audible and detection.cry_score >= policy.close_score:
            last_heard = now
        elif now - last_heard >= policy.quiet_seconds:
            found.append(Episode(opened, now))
            opened = None
    if opened is not None:
        found.append(Episode(opened, detections[-1].end_seconds))
    return found
