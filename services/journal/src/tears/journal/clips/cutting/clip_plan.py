"""What a clip is to hold. No I/O."""

import enum
from dataclasses import dataclass

from tears.journal.history.records import KeptEpisode, NearMiss

# So that a parent hears what came before the crying, and that it has ended.
BEFORE_SECONDS = 10.0
AFTER_SECONDS = 5.0
MOST_EPISODE_SECONDS = 300.0
# A near miss is a few seconds of something; more of it says nothing new.
MOST_NEAR_MISS_SECONDS = 30.0


class ClipOf(enum.StrEnum):
    """What the sound of a clip is."""

    EPISODE = "episode"
    NEAR_MISS = "near_miss"
    MARK = "mark"


@dataclass(frozen=True, kw_only=True, slots=True)
class ClipPlan:
    """A stretch of a room's sound that becomes a clip.

    Attributes:
        clip_id: the id of its episode, near miss or mark.
        from_at: the time of its first sample.
        to_at: the time of its end; None as long as that is not known.
        most_seconds: its greatest length.
    """

    clip_id: str
    clip_of: ClipOf
    mic: str
    from_at: float
    to_at: float | None
    most_seconds: float = MOST_EPISODE_SECONDS

    @property
    def wanted_seconds(self) -> float:
        """The length that it is to have, as far as is known: the greatest one while its end is not known."""
        if self.to_at is None:
            return self.most_seconds
        return min(self.most_seconds, max(0.0, self.to_at - self.from_at))


def plan_of_episode(episode: KeptEpisode) -> ClipPlan:
    """Return the plan for an episode: from 10 s before it until 5 s after it, 5 min at most."""
    return ClipPlan(
        clip_id=episode.id,
        clip_of=ClipOf.EPISODE,
        mic=episode.mic,
        from_at=episode.began_at - BEFORE_SECONDS,
        to_at=None if episode.ended_at is None else episode.ended_at + AFTER_SECONDS,
    )


def plan_of_near_miss(near_miss: NearMiss) -> ClipPlan:
    """Return the plan for a near miss: from 10 s before it until 5 s after it, 30 s at most."""
    return ClipPlan(
        clip_id=near_miss.id,
        clip_of=ClipOf.NEAR_MISS,
        mic=near_miss.mic,
        from_at=near_miss.began_at - BEFORE_SECONDS,
        to_at=near_miss.ended_at + AFTER_SECONDS,
        most_seconds=MOST_NEAR_MISS_SECONDS,
    )
