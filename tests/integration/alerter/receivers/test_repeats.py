"""Repeats and escalations in the alerter's loop: on a real Redis, a real state file and a clock of the test."""

import pytest
import redis
from support.alerter.alerter_runs import AlerterRun, AlerterRuns, register
from support.alerter.kills import Killed, kill_at
from support.redis.detections import LOUD, QUIET, night, publish, session_end

from tears.alerter.notices.kinds import NoticeKind
from tears.alerter.notices.outbox import Outbox
from tears.alerter.receivers.announcer import Addressees
from tears.alerter.receivers.reminders.reminder_book import ReminderBook
from tears.alerter.receivers.rules.receiver_rule import AlertsFile, ReceiverRule
from tears.alerter.redis_streams import EpisodeStream
from tears.alerter.rooms import Rooms
from tears.alerter.state import AlerterState

CRYING = [*night([QUIET] * 5), *night([LOUD] * 10, first=5)]


def told_to(*rules: ReceiverRule) -> Addressees:
    """Return the addressees of these rules; each has a target of its own name."""
    targets = {rule.name: [rule.name] for rule in rules}
    return Addressees(rules=AlertsFile(receivers=rules), targets=targets, repeat_targets=targets)


MUM = ReceiverRule(
    name="mum",
    repeat_seconds=10.0,
    repeat_most=3,
    escalate_to="dad",
    escalate_after_seconds=25.0,
    kinds=tuple(NoticeKind),
)
DAD = ReceiverRule(name="dad", kinds=(NoticeKind.NIGHT_REPORT,))


def kinds_of(run: AlerterRun, target: str) -> list[str]:
    rows = run.connection.execute("SELECT notice_kind FROM notices WHERE target = ? ORDER BY id", (target,))
    return [kind for (kind,) in rows]


def test_crying_is_repeated_and_then_told_to_the_next_parent(runs: AlerterRuns) -> None:
    run = runs.begin(addressees=told_to(MUM, DAD))
    publish(runs.client, CRYING)
    run.read_all()
    run.turn(5, seconds=10.0)
    assert kinds_of(run, "mum") == ["crying", *["still_crying"] * 3]
    assert kinds_of(run, "dad") == ["crying"]


def test_the_end_of_the_crying_ends_the_repeats_and_is_told_to_those_who_want_it(runs: AlerterRuns) -> None:
    run = runs.begin(addressees=told_to(MUM, DAD))
    publish(runs.client, CRYING)
    run.read_all()
    run.turn(1, seconds=11.0)
    publish(runs.client, [session_end(15)])
    run.turn(5, seconds=10.0)
    assert kinds_of(run, "mum") == ["crying", "still_crying", "crying_ended"]
    assert kinds_of(run, "dad") == []
    assert run.connection.execute("SELECT count(*) FROM reminders").fetchone() == (0,)


def test_crying_that_goes_on_in_the_next_session_is_repeated_though_it_is_not_told_again(runs: AlerterRuns) -> None:
    run = runs.begin(addressees=told_to(MUM))
    publish(runs.client, [*CRYING, session_end(15)])
    run.read_all()
    publish(runs.client, night([LOUD] * 12, session="s2"))
    run.turn(3)
    run.turn(2, seconds=11.0)
    assert kinds_of(run, "mum") == ["crying", "crying_ended", "still_crying", "still_crying"]


def test_a_room_that_is_not_listened_to_is_repeated(runs: AlerterRuns) -> None:
    register(runs.client)
    run = runs.begin(addressees=told_to(MUM, DAD))
    run.turn(11, seconds=10.0)
    assert kinds_of(run, "mum") == ["not_listening"] * 4
    assert kinds_of(run, "dad") == ["not_listening"]


def test_a_plan_that_breaks_down_tells_everybody_rather_than_nobody(
    runs: AlerterRuns, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(ReminderBook, "announce", broken)
    run = runs.begin(addressees=told_to(ReceiverRule(name="parent", rooms=("attic",))))
    publish(runs.client, CRYING)
    run.read_all()
    assert kinds_of(run, "parent") == ["crying"]
    assert run.metric("planning_failures_total") > 0


def turn_until_killed(run: AlerterRun, seconds: float) -> None:
    run.turn(3, seconds=seconds)
    raise Killed


STEPS = [
    (Rooms, "take_notices"),
    (ReminderBook, "announce"),
    (Rooms, "send"),
    (AlerterState, "commit"),
    (Rooms, "mark_saved"),
    (EpisodeStream, "publish"),
    (Outbox, "remove_events"),
    (EpisodeStream, "show_rooms"),
]


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(("owner", "step"), STEPS)
def test_an_alerter_that_is_killed_at_any_step_loses_and_doubles_no_notice_and_no_repeat(
    runs: AlerterRuns, redis_client: redis.Redis, owner: type, step: str, *, after: bool
) -> None:
    publish(redis_client, CRYING)
    for seconds in (0.0, 10.0, 10.0, 10.0):
        run = runs.begin(addressees=told_to(MUM, DAD))
        with pytest.MonkeyPatch.context() as monkeypatch:
            kill_at(monkeypatch, owner, step, after=after)
            with pytest.raises(Killed):
                turn_until_killed(run, seconds)
        run.kill()
        run = runs.begin(addressees=told_to(MUM, DAD))
        run.turn(2)
        run.kill()
    run = runs.begin(addressees=told_to(MUM, DAD))
    run.turn(4, seconds=10.0)
    of_mum, of_dad = kinds_of(run, "mum"), kinds_of(run, "dad")
    assert [kind for kind in of_mum if "_crying" in kind or kind == "crying"] == ["crying", *["still_crying"] * 3]
    assert of_dad.count("crying") == 1
