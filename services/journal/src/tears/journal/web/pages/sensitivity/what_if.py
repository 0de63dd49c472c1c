"""What each level of sensitivity would have done in the last nights of this home. No I/O."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tears.journal.history.records import KeptStretch, ParentLabel, Verdict
from tears.journal.web.pages.sensitivity.judged_series import judge_series
from tears.policy.judged_nights import JudgedEpisode
from tears.policy.sensitivity import Sensitivity, policy_of


@dataclass(frozen=True, slots=True)
class AlertedSound:
    """A sound for which a level would have sent an alert; times are seconds since 1970."""

    mic: str
    from_at: float
    to_at: float


@dataclass(frozen=True, slots=True)
class LevelResult:
    """What one level would have done.

    Attributes:
        alerts: their number in each night, by the date of its evening.
        found: how many of the sounds that a parent calls crying would have had an alert.
        missed: how many would have had none.
        false_alerts: for how many of the sounds that a parent calls something else there would have been an alert.
    """

    alerts: Mapping[dt.date, int]
    found: int
    missed: int
    false_alerts: int

    @property
    def alerts_in_all(self) -> int:
        """The alerts of all nights."""
        return sum(self.alerts.values())


def judge_nights(
    nights: Mapping[dt.date, KeptStretch], labels: Sequence[ParentLabel]
) -> dict[Sensitivity, LevelResult]:
    """Return what each level would have done in these nights, compared with what the parents say of the sounds."""
    results = {}
    for level in Sensitivity:
        policy = policy_of(level)
        judged = {
            date: [_alerted(room.mic, one) for room in night.rooms for one in judge_series(policy, room.series)]
            for date, night in nights.items()
        }
        alerted = [one for sounds in judged.values() for one in sounds]
        crying = [one for one in labels if one.verdict is Verdict.CRYING]
        found = sum(_is_alerted(one, alerted) for one in crying)
        results[level] = LevelResult(
            alerts={date: len(sounds) for date, sounds in judged.items()},
            found=found,
            missed=len(crying) - found,
            false_alerts=sum(_is_alerted(one, alerted) for one in labels if one.verdict is not Verdict.CRYING),
        )
    return results


def _alerted(mic: str, episode: JudgedEpisode) -> AlertedSound:
    return AlertedSound(mic, episode.start_seconds, episode.cried_until_seconds)


def _is_alerted(label: ParentLabel, alerted: Iterable[AlertedSound]) -> bool:
    return any(one.mic == label.mic and one.from_at < label.to_at and one.to_at > label.from_at for one in alerted)
