"""The input, the state and the results of a microphone's monitor: values only."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tears.alerter.episodes.deafness_rule import ListeningState
from tears.alerter.episodes.episode_messages import OpenEpisode
from tears.alerter.notices.notice import Notice
from tears.alerter.order.window_order import DetectionOutcome, OrderState
from tears.kit.messages import Episode
from tears.kit.messages.window import SILENT_LEVEL_DBFS
from tears.policy.episode_rule import PolicyState
from tears.policy.parameters import Policy

# An overload is over when all windows of so many seconds were heard.
OVERLOAD_SHOWN_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Now:
    """The present: monotonic time for decisions, wall time for display and for the time between two processes."""

    monotonic_seconds: float
    wall_seconds: float


@dataclass(frozen=True, kw_only=True)
class AlertRules:
    """The rules for every microphone.

    Attributes:
        policy: when scores become an episode.
        lateness_seconds: how long to wait for a missing detection; `inf`: forever.
        deaf_seconds: how long a microphone may give no score; `inf`: forever.
        policy_by_mic: the policies of the microphones that have their own.
    """

    policy: Policy
    lateness_seconds: float
    deaf_seconds: float
    policy_by_mic: Mapping[str, Policy] = field(default_factory=dict)

    def policy_of(self, mic: str) -> Policy:
        """Return when the scores of a microphone become an episode."""
        return self.policy_by_mic.get(mic, self.policy)


@dataclass(slots=True)
class Effects:
    """The results of a step: what to publish and to send, in order, and what to count.

    Attributes:
        has_changed: whether the monitor's state has changed.
        outcome: what was done with the detection that came.
        episodes: to publish.
        notices: to send.
        ended_notices: to send to those who want to know that crying is over.
        told_notices: about episodes that go on from one that was told already, so that only repeats are due.
        tombstones: the reason of each tombstone that was judged.
        missing: how many windows never came.
        surplus: how many detections were dropped, because they lie beyond their session's end.
        crying_seconds: the crying in episodes.
        has_session_ended: whether a session is over.
    """

    has_changed: bool = False
    outcome: DetectionOutcome | None = None
    episodes: list[Episode] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    ended_notices: list[Notice] = field(default_factory=list)
    told_notices: list[Notice] = field(default_factory=list)
    tombstones: list[str] = field(default_factory=list)
    missing: int = 0
    surplus: int = 0
    crying_seconds: float = 0.0
    has_session_ended: bool = False

    @property
    def must_be_saved(self) -> bool:
        """Whether the next commit cannot wait, because there is something to publish or to send."""
        return bool(self.episodes or self.notices or self.has_session_ended)


@dataclass(slots=True)
class MonitorState:
    """The state that must survive the process, beside the held detections. The state file holds these names.

    Attributes:
        position: what its order remembers.
        hearing: what its deafness rule remembers.
        policy: what the episode rule remembers, on the policy's clock.
        session: the session of the last judged window. The attributes that follow are of this session.
        offset_seconds: the time of the policy's clock at the start of the session.
        last_index: the index of the last judged window.
        heard_until_seconds: the end of that window, on the session's clock.
        heard_at_wall_seconds: the wall clock when it was judged.
        windows: how many windows had a score.
        tombstones: how many had none.
        overloaded_until_seconds: the end of the last window that was given up because there was too much to do, on the
            session's clock; None if there was none.
        score: the score of the last window.
        level_dbfs: its level.
        ended: the session has announced its end, and all its windows have been judged.
        resumable_until_seconds: crying that starts until then, on the policy's clock, belongs to the episode that the
            end of a session closed, so no second notice is sent.
        deaf_times: how many warnings of deafness have been sent.
    """

    mic: str
    position: OrderState = field(default_factory=OrderState)
    hearing: ListeningState = field(default_factory=ListeningState)
    policy: PolicyState = field(default_factory=PolicyState)
    session: str = ""
    offset_seconds: float = 0.0
    last_index: int | None = None
    heard_until_seconds: float = 0.0
    heard_at_wall_seconds: float = 0.0
    windows: int = 0
    tombstones: int = 0
    overloaded_until_seconds: float | None = None
    episodes: int = 0
    score: float | None = None
    level_dbfs: float = SILENT_LEVEL_DBFS
    ended: bool = False
    open_episode: OpenEpisode | None = None
    resumable_until_seconds: float | None = None
    deaf_times: int = 0

    @property
    def is_overloaded(self) -> bool:
        """Whether windows of the last seconds were given up because there was too much to do."""
        until_seconds = self.overloaded_until_seconds
        return until_seconds is not None and self.heard_until_seconds - until_seconds < OVERLOAD_SHOWN_SECONDS
