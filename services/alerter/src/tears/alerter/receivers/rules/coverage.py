"""At which times of the day nobody would be told of crying. No I/O."""

from collections.abc import Sequence

from tears.alerter.notices.kinds import NoticeKind
from tears.alerter.receivers.rules.daily_hours import MINUTES_PER_DAY, clock_words
from tears.alerter.receivers.rules.receiver_rule import AlertsFile, ReceiverRule


def uncovered_words(rules: AlertsFile, kind: NoticeKind) -> str:
    """Return the times at which no receiver is told of a kind, as "07:00-20:00"; empty if somebody always is."""
    told = [rule for rule in rules.receivers if kind in rule.kinds]
    is_covered = [_is_told(told, minute) for minute in range(MINUTES_PER_DAY)]
    if not any(is_covered):
        return "00:00-24:00"
    # A gap over midnight is one gap, so the day begins where somebody is told.
    start = is_covered.index(True)
    gaps: list[str] = []
    begun: int | None = None
    for k in range(MINUTES_PER_DAY + 1):
        minute = (start + k) % MINUTES_PER_DAY
        if not is_covered[minute] and begun is None:
            begun = minute
        elif is_covered[minute] and begun is not None:
            gaps.append(f"{clock_words(begun)}-{clock_words(minute)}")
            begun = None
    return ", ".join(gaps)


def _is_told(rules: Sequence[ReceiverRule], minute: int) -> bool:
    return any(not rule.hours or any(hours.contains(minute) for hours in rule.hours) for rule in rules)
