"""When nobody would be told."""

import pytest

from tears.alerter.notices.kinds import NoticeKind
from tears.alerter.receivers.rules.alerts_file import parse_alerts
from tears.alerter.receivers.rules.coverage import uncovered_words


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
    assert uncovered_words(parse_alerts("\n".join(tables)), NoticeKind.CRYING) == expected
