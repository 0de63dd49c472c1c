"""What a track is judged by, what it remembers and what comes of it: values only."""

from __future__ import annotations

from dataclasses import dataclass, field

from tears.alerter.episodes.deafness_rule import HearingState
from tears.alerter.episodes.episode_messages import OpenEpisode
from tears.alerter.notices.wording import Notice
from tears.alerter.order.window_order import Fate, Position
from tears.kit.messages import Episode
from tears.policy.episode_rule import PolicyState
from tears.policy.parameters import Policy

# The level of digital silence, by convention.
SILENCE_DBFS = -120.0


@dataclass(frozen=True, slots=True)
class Now:
    """The present: monotonic time to decide by, wall time to show and to bridge restarts."""

    monotonic_seconds: float
    wall_seconds: float


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What every track is judged by."""

    policy: Policy
    lateness_seconds: float
    deaf_seconds: float


@dataclass(slots=True)
class Effects:
    """What came of a step: what to publish and tell, in order, and what to count.

    Attributes:
        changed: the track is not what it was.
        fate: of what came.
        episodes: to publish.
        notices: to tell.
        tombstones: the reasons of those that went on.
        missing: windows that were given up.
        surplus: detections that were dropped, since they lie beyond their session's end.
        crying_seconds: crying within episodes.
        ended_session: a session is over.
    """

    changed: bool = False
    fate: Fate | None = None
    episodes: list[Episode] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    tombstones: list[str] = field(default_factory=list)
    missing: int = 0
    surplus: int = 0
    crying_seconds: float = 0.0
    ended_session: bool = False

    @property
    def must_be_saved(self) -> bool:
        """Whether this cannot wait: it is to be told, or somebody waits for it."""
        return bool(self.episodes or self.notices or self.ended_session)


@dataclass(slots=True)
class TrackState:
    """What must survive the process, beside what the order holds; values only.

    Attributes:
        mic: whose this is.
        position: of the order.
        hearing: of the deafness.
        policy: of the policy, on its own clock.
        session: the last one of which something went on; what follows is of this session.
        offset_seconds: the policy's clock at the session's zero.
        last_index: of the last window that went on.
        heard_until_seconds: its end, on the session's clock.
        heard_at_wall_seconds: the wall clock when it went on.
        windows: how many had a score.
        tombstones: how many had none.
        episodes: how many opened.
        score: the last one.
        level_dbfs: of the last window.
        ended: the session has said its end.
        open_episode: the one that is open.
        resumable_until_seconds: crying until then, on the policy's clock, belongs to the bout that the end of a session
            closed: it has been told.
        deaf_times: how often deafness was told.
    """

    mic: str
    position: Position = field(default_factory=Position)
    hearing: HearingState = field(default_factory=HearingState)
    policy: PolicyState = field(default_factory=PolicyState)
    session: str = ""
    offset_seconds: float = 0.0
    last_index: int | None = None
    heard_until_seconds: float = 0.0
    heard_at_wall_seconds: float = 0.0
    windows: int = 0
    tombstones: int = 0
    episodes: int = 0
    score: float | None = None
    level_dbfs: float = SILENCE_DBFS
    ended: bool = False
    open_episode: OpenEpisode | None = None
    resumable_until_seconds: float | None = None
    deaf_times: int = 0
