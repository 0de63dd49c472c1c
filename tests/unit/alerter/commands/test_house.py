"""The house obeys commands, withholds crying, and tells it when the time is over: values and a clock's reading only."""

import pytest
from support.alerter.monitored_room import LOUD, QUIET, MonitoredRoom

from tears.alerter.commands.house import MOST_ANSWERED, House
from tears.alerter.commands.stored_house import SavedMoment, StoredHouse, decode_house, encode_house
from tears.alerter.episodes.monitor_state import Now
from tears.alerter.notices.kinds import NoticeKind
from tears.kit.commands.answer import CommandAnswer, CommandOutcome
from tears.kit.messages import Command, CommandKind


class SnoozedNursery:
    """A monitored room in a house."""

    def __init__(self) -> None:
        self.room = MonitoredRoom()
        self.house = House(StoredHouse(), self.room.now, "boot")

    def give(self, kind: CommandKind, command_id: str = "c1", **fields: float | str) -> CommandAnswer:
        """Give a command."""
        command = Command(
            command_id=command_id,
            issued_at_seconds=0.0,
            kind=kind,
            **{"mic": "nursery", **fields},  # type: ignore[arg-type]
        )
        return self.house.take(command, {"nursery": self.room.monitor.state}, self.room.now)

    def told_as_time_passes(self, seconds: float) -> list[NoticeKind]:
        """Return the kinds of what is told after this time."""
        self.room.wait(seconds)
        news = self.house.pass_time({"nursery": self.room.monitor.state}, self.room.now)
        return [one.kind for one in news.notices]


@pytest.fixture
def nursery() -> SnoozedNursery:
    return SnoozedNursery()


@pytest.mark.parametrize(("is_acknowledged", "told"), [(False, [NoticeKind.CRYING]), (True, [])])
def test_what_still_cries_at_the_end_of_a_snooze_is_told_unless_somebody_looks_after_it(
    nursery: SnoozedNursery, told: list[NoticeKind], *, is_acknowledged: bool
) -> None:
    nursery.room.receive_scores([QUIET] * 3 + [LOUD] * 5)
    nursery.give(CommandKind.SNOOZE, snooze_seconds=600.0)
    if is_acknowledged:
        nursery.give(CommandKind.ACKNOWLEDGE, "c2")
    assert nursery.told_as_time_passes(599.0) == []
    assert nursery.told_as_time_passes(1.0) == told
    assert nursery.told_as_time_passes(1.0) == []


def test_a_notice_after_a_snooze_says_since_when_the_crying_lasts_and_does_not_count_as_late(
    nursery: SnoozedNursery,
) -> None:
    nursery.room.receive_scores([LOUD] * 5)
    opened = nursery.room.notices[0]
    nursery.give(CommandKind.SNOOZE, snooze_seconds=600.0)
    nursery.room.wait(600.0)
    (notice,) = nursery.house.pass_time({"nursery": nursery.room.monitor.state}, nursery.room.now).notices
    # Without its session, because the sound of its beginning is no longer in Redis.
    assert notice.facts == {name: opened.facts[name] for name in ("episode_id", "since_seconds")}
    assert notice.key != opened.key
    assert notice.happened_at_seconds == nursery.room.now.wall_seconds


def test_a_second_snooze_replaces_the_first(nursery: SnoozedNursery) -> None:
    nursery.give(CommandKind.SNOOZE, snooze_seconds=6_000.0)
    nursery.give(CommandKind.SNOOZE, "c2", snooze_seconds=600.0)
    nursery.told_as_time_passes(600.0)
    assert nursery.house.snoozed_until_seconds("nursery") == 0.0


def test_answers_that_nobody_takes_are_bounded(nursery: SnoozedNursery) -> None:
    for k in range(MOST_ANSWERED + 5):
        nursery.house.note_answer(f"c{k}", CommandAnswer(CommandOutcome.STALE, ""))
    assert len(nursery.house.answers()) == MOST_ANSWERED
    assert "c4" not in nursery.house.answers()
    nursery.house.mark_answered(nursery.house.answers())
    assert nursery.house.answers() == {}


def test_what_was_saved_is_read_again_and_fields_of_a_newer_release_are_ignored(nursery: SnoozedNursery) -> None:
    nursery.room.receive_scores([LOUD] * 5)
    nursery.give(CommandKind.SNOOZE, snooze_seconds=600.0)
    nursery.give(CommandKind.ACKNOWLEDGE, "c2")
    saved = nursery.house.to_save()
    body = encode_house(saved)
    assert decode_house(body) == saved
    assert decode_house(b'{"later": 1, ' + body[1:]) == saved


@pytest.mark.parametrize(
    ("boot_id", "now", "passed_seconds"),
    [
        ("boot", Now(160.0, 0.0), 60.0),
        ("boot", Now(160.0, 9e9), 60.0),
        ("other", Now(5.0, 1_700_000_060.0), 60.0),
        ("other", Now(5.0, 0.0), 0.0),
        # The same boot id with an earlier clock contradicts itself, and so does no boot id.
        ("boot", Now(5.0, 1_700_000_060.0), 60.0),
        ("", Now(160.0, 1_700_000_030.0), 30.0),
    ],
)
def test_the_time_since_something_was_saved_is_monotonic_until_the_machine_restarts(
    boot_id: str, now: Now, passed_seconds: float
) -> None:
    saved = SavedMoment("boot", 100.0, 1_700_000_000.0)
    assert saved.passed_seconds(now, boot_id) == passed_seconds
