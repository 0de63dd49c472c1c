"""When nobody would be told."""

import pytest

from tears.alerter.notices.kinds import NoticeKind
from tears.alerter.receivers.rules.alerts_file import parse_alerts
from tears.alerter.receivers.rules.coverage import uncovered_places


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        ([""], ""),
        (['hours = "20:00-07:30"'], "07:30-20:00"),
        (['hours = "07:30-20:00"'], "20:00-07:30"),
        (['hours = "20:00-07:30"', 'hours = "07:30-20:00"'], ""),
        (['hours = ["06:00-08:00", "12:00-14:00"]'], "08:00-12:00, 14:00-06:00"),
        (['kinds = "not_listening"'], "00:00-24:00"),
    ],
)
def test_the_hours_at_which_nobody_is_told_of_crying_are_found(hours: list[str], expected: str) -> None:
    tables = [f'[[receivers]]\nname = "{k}"\nurls = "json://{k}"\n{lines}' for k, lines in enumerate(hours)]
    assert places(tables) == ([f"at {expected}"] if expected else [])


def places(tables: list[str]) -> list[str]:
    return list(uncovered_places(parse_alerts("\n".join(tables)), NoticeKind.CRYING))


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (['rooms = "nursery"'], ["in all other rooms at 00:00-24:00"]),
        (['rooms = "nursery"', 'rooms = ["attic"]'], ["in all other rooms at 00:00-24:00"]),
        (['rooms = "nursery"', 'hours = "20:00-07:00"'], ["in all other rooms at 07:00-20:00"]),
        (
            ['rooms = "nursery"\nhours = "20:00-07:00"', 'rooms = "attic"'],
            ["in nursery at 07:00-20:00", "in all other rooms at 00:00-24:00"],
        ),
        (['rooms = "nursery"', ""], []),
    ],
)
def test_the_rooms_in_which_nobody_is_told_of_crying_are_named(lines: list[str], expected: list[str]) -> None:
    tables = [f'[[receivers]]\nname = "{k}"\nurls = "json://{k}"\n{one}' for k, one in enumerate(lines)]
    assert sorted(places(tables)) == sorted(expected)
