"""In which rooms, and at which times of the day, nobody would be told of crying. No I/O."""

from collections.abc import Iterator, Sequence

from tears.alerter.notices.kinds import NoticeKind
from tears.alerter.receivers.rules.daily_hours import MINUTES_PER_DAY, clock_words
from tears.alerter.receivers.rules.receiver_rule import AlertsFile, ReceiverRule
from tears.kit.registry.mic_names import room_of_mic


def uncovered_places(rules: AlertsFile, kind: NoticeKind) -> Iterator[str]:
    """Yield where and when no receiver is told of a kind, as "in nursery at 07:00-20:00"; nothing if somebody is."""
    told = [rule for rule in rules.receivers if kind in rule.kinds]
    named = sorted({mic for rule in told for mic in rule.rooms})
    rooms_by_gap: dict[str, list[str]] = {}
    for mic in (*named, ""):
        gap = _uncovered_hours([rule for rule in told if not rule.rooms or mic in rule.rooms])
        rooms_by_gap.setdefault(gap, []).append(room_of_mic(mic) if mic else "all other rooms")
    for gap, rooms in rooms_by_gap.items():
        if gap:
            yield f"at {gap}" if len(rooms_by_gap) == 1 else f"in {', '.join(rooms)} at {gap}"


def coverage_warnings(rules: AlertsFile) -> Iterator[str]:
    """Yield a sentence for each kind, room and time in which nobody would be alerted."""
    for kind in (NoticeKind.CRYING, NoticeKind.NOT_LISTENING):
        for place in uncovered_places(rules, kind):
            yield f"nobody is told of {kind.value} {place}"


def _uncovered_hours(told: Sequence[ReceiverRule]) -> str:
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
