"""What the parents have asked for: which crying they know of, which rooms are silenced, and how readily to alert.

Only values, which are replaced and never changed, so any thread may ask them. The seconds are those of the monotonic
clock. No I/O.
"""

import enum
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from types import MappingProxyType

from tears.alerter.episodes.monitor_state import Now
from tears.policy.parameters import Policy
from tears.policy.sensitivity import SENSITIVITY_LEVELS, Sensitivity

# Older acknowledgements are forgotten: what they were about has long ended.
MOST_ACKNOWLEDGED = 256


class SilenceKind(enum.StrEnum):
    """Why a room's crying is not told. The state file holds these words."""

    # For the time that a parent has named.
    SNOOZE = "snooze"
    # Until the room has been quiet for a while: somebody is putting the baby to sleep.
    HOLD = "hold"


@dataclass(frozen=True, slots=True)
class Silence:
    """A room whose crying is not told. The state file holds these names.

    Attributes:
        ends_at_seconds: when it ends; a hold ends then at the latest.
        quiet_seconds: for how long a held room has been quiet.
        episode_id: the last episode that opened or was open in this time. If it is still open at the end, it is told.
    """

    kind: SilenceKind
    ends_at_seconds: float
    quiet_seconds: float = 0.0
    episode_id: str = ""


@dataclass(frozen=True, slots=True)
class HouseState:
    """What is asked before crying is told, repeated or escalated. Not listening is always told.

    Attributes:
        silences: the snoozed and the held rooms, by microphone.
        acknowledged: the subjects that somebody looks after, the oldest first: the ids of episodes, and what
            `deafness_subject` returns.
        sensitivities: the levels that the parents have chosen, by microphone; other rooms have those of the settings.
    """

    silences: Mapping[str, Silence] = field(default_factory=lambda: MappingProxyType({}))
    acknowledged: tuple[str, ...] = ()
    sensitivities: Mapping[str, Sensitivity] = field(default_factory=lambda: MappingProxyType({}))

    def policy_of(self, mic: str, usual: Policy) -> Policy:
        """Return when the scores of a room become an episode; `usual` is what the settings say."""
        level = self.sensitivities.get(mic)
        return usual if level is None else replace(usual, **asdict(SENSITIVITY_LEVELS[level]))

    def is_acknowledged(self, subject: str) -> bool:
        """Return whether somebody looks after an episode, named by its id, or after a `deafness_subject`."""
        return subject in self.acknowledged

    def is_snoozed(self, mic: str, now: Now) -> bool:
        """Return whether a parent has snoozed the room for a time that is not over."""
        return self._is_silent(mic, now, SilenceKind.SNOOZE)

    def held(self, mic: str, now: Now) -> bool:
        """Return whether the room is held until it has been quiet for a while."""
        return self._is_silent(mic, now, SilenceKind.HOLD)

    def withholds_crying(self, mic: str, now: Now) -> bool:
        """Return whether crying in the room is not told now, because the room is snoozed or held."""
        return self._is_silent(mic, now, *SilenceKind)

    def with_silence(self, mic: str, silence: Silence) -> "HouseState":
        """Return the state with this room snoozed or held; it replaces what was before."""
        return replace(self, silences=MappingProxyType({**self.silences, mic: silence}))

    def without_silence(self, mic: str) -> "HouseState":
        """Return the state without a snooze or a hold of this room."""
        return replace(self, silences=MappingProxyType({k: v for k, v in self.silences.items() if k != mic}))

    def with_sensitivity(self, mic: str, level: Sensitivity) -> "HouseState":
        """Return the state with another level for this room."""
        return replace(self, sensitivities=MappingProxyType({**self.sensitivities, mic: level}))

    def with_acknowledged(self, subject: str) -> "HouseState":
        """Return the state in which somebody looks after this subject too."""
        others = tuple(one for one in self.acknowledged if one != subject)
        return replace(self, acknowledged=(*others, subject)[-MOST_ACKNOWLEDGED:])

    def _is_silent(self, mic: str, now: Now, *kinds: SilenceKind) -> bool:
        silence = self.silences.get(mic)
        return silence is not None and silence.kind in kinds and now.monotonic_seconds < silence.ends_at_seconds


def deafness_subject(mic: str) -> str:
    """Return what an acknowledgement calls it that nobody listens to a room; it ends with the deafness."""
    return f"deaf/{mic}"


def is_deafness_subject(subject: str) -> bool:
    """Return whether an acknowledgement is about a room to which nobody listens."""
    return subject.startswith(deafness_subject(""))
