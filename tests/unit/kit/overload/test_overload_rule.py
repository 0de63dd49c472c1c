"""The rule, judged by what it does to a stage that works off the chunks of several rooms."""

from bisect import bisect
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tears.kit.overload.overload_rule import OverloadRule

LIMIT_SECONDS = 5.0
# What it takes to write tombstones, compared with a window.
GIVING_UP_PART = 0.1


@dataclass
class Stage:
    """Consumers that take turns at the streams of several rooms, as Redis hands out their entries."""

    work_seconds: float
    replicas: int = 1
    rules: list[OverloadRule] = field(default_factory=list)
    now: float = 0.0
    waited_seconds: list[float] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    given_up: Counter[str] = field(default_factory=Counter)
    given_up_at_seconds: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rules = [OverloadRule(LIMIT_SECONDS) for _ in range(self.replicas)]

    def work_off(self, arrivals: dict[str, list[float]], until: float) -> None:
        """Do what arrives in each room at these times, in draws of one entry of each room, until a time."""
        places = dict.fromkeys(arrivals, 0)
        came = sorted(at for times in arrivals.values() for at in times)
        finished = 0
        drawn: list[deque[tuple[str, float]]] = [deque() for _ in range(self.replicas)]
        free_at = [self.now] * self.replicas
        while self.now < until:
            who = min(range(self.replicas), key=lambda one: free_at[one])
            self.now = max(self.now, free_at[who])
            if not drawn[who]:
                for room, times in arrivals.items():
                    if places[room] < len(times) and times[places[room]] <= self.now:
                        drawn[who].append((room, times[places[room]]))
                        places[room] += 1
            if not drawn[who]:
                nexts = [times[places[room]] for room, times in arrivals.items() if places[room] < len(times)]
                if not nexts and not any(drawn):
                    return
                free_at[who] = max(free_at[who], min(nexts, default=until))
                continue
            room, came_at = drawn[who].popleft()
            waiting = bisect(came, self.now) - finished
            finished += 1
            waited = self.now - came_at
            is_given_up = self.rules[who].gives_up(room, waited, self.now, self._clear_seconds(waiting))
            free_at[who] = self.now + self.work_seconds * (GIVING_UP_PART if is_given_up else 1.0)
            if is_given_up:
                self.given_up[room] += 1
                self.given_up_at_seconds.append(self.now)
            else:
                self.rules[who].note_begun(room, waited, self.now)
                self.done[room] += 1
                self.waited_seconds.append(waited)

    def _clear_seconds(self, waiting: int) -> Callable[[float], float]:
        return lambda per_second: waiting / (per_second * self.replicas)


def each_second(rooms: int, seconds: int, first: float = 0.0) -> dict[str, list[float]]:
    """Return an arrival a second in each room, the rooms spread over the second."""
    return {f"room{n}": [first + second + n / rooms for second in range(seconds)] for n in range(rooms)}


def test_nothing_is_given_up_while_the_work_is_done_in_time() -> None:
    stage = Stage(work_seconds=0.09)
    stage.work_off(each_second(rooms=10, seconds=60), until=70)
    assert stage.given_up.total() == 0
    assert stage.done.total() == 600


def test_what_arrives_too_fast_is_given_up_and_nothing_that_is_done_has_waited_for_longer_than_the_limit() -> None:
    stage = Stage(work_seconds=0.2)
    stage.work_off(each_second(rooms=10, seconds=120), until=120)
    assert max(stage.waited_seconds) <= LIMIT_SECONDS
    # Half of the work can be done, less what it takes to give up the other half.
    assert stage.done.total() > 0.4 * 1_200
    assert stage.given_up.total() > 0.4 * 1_200


@pytest.mark.parametrize("rooms", [2, 3, 10, 40])
@pytest.mark.parametrize("times", [1.2, 2.0, 3.7])
@pytest.mark.parametrize("replicas", [1, 2])
def test_every_room_gets_its_share(rooms: int, times: float, replicas: int) -> None:
    stage = Stage(work_seconds=replicas * times / rooms, replicas=replicas)
    stage.work_off(each_second(rooms, seconds=240), until=240)
    fair = stage.done.total() / rooms
    assert len(stage.done) == rooms
    assert all(abs(count - fair) <= 0.2 * fair for count in stage.done.values()), stage.done
    # What one replica has drawn waits for it alone, and each does a few entries before it knows its speed.
    assert max(stage.waited_seconds[20 * replicas :], default=0.0) <= LIMIT_SECONDS + 1.5


def test_a_room_that_floods_takes_nothing_from_the_others() -> None:
    stage = Stage(work_seconds=0.1)
    arrivals = each_second(rooms=4, seconds=120)
    arrivals["flood"] = [at / 50 for at in range(50 * 120)]
    stage.work_off(arrivals, until=120)
    assert stage.given_up["flood"] > 0.8 * len(arrivals["flood"])
    assert all(stage.done[f"room{n}"] > 0.95 * 120 for n in range(4)), stage.done


def test_an_outage_costs_nothing_if_its_backlog_can_be_worked_off_in_time() -> None:
    stage = Stage(work_seconds=0.01)
    stage.now = 60.0
    stage.work_off(each_second(rooms=1, seconds=80), until=80)
    assert stage.given_up.total() == 0
    assert stage.done.total() == 80


def test_after_an_outage_only_as_much_is_given_up_as_the_rest_needs_to_be_done_in_time() -> None:
    stage = Stage(work_seconds=0.05)
    stage.now = 60.0
    stage.work_off(each_second(rooms=10, seconds=120), until=120)
    # Ten rooms are half of what it can do: 600 chunks wait, and 100 of them could be done within the limit.
    assert 400 < stage.given_up.total() < 600
    # It is over soon, and then all is done.
    assert max(stage.given_up_at_seconds) < 70


def test_all_is_well_soon_after_the_load_has_fallen() -> None:
    stage = Stage(work_seconds=0.2)
    many, few = each_second(rooms=20, seconds=60), each_second(rooms=3, seconds=60, first=60.0)
    stage.work_off({room: at + few.get(room, []) for room, at in many.items()}, until=120)
    assert max(stage.given_up_at_seconds) < 60 + 2 * LIMIT_SECONDS


def test_what_waited_because_something_was_away_is_no_measure_of_the_speed() -> None:
    rule = OverloadRule(LIMIT_SECONDS)

    def asked(_: float) -> float:
        raise AssertionError("the speed is not known")

    # An entry waits for a model that is away, again and again.
    for now in range(10):
        assert not rule.gives_up("nursery", 10.0 + now, float(now), asked)
        rule.note_begun("nursery", 10.0 + now, float(now))
        rule.note_hold_up()


def test_entries_that_nothing_kept_waiting_are_no_measure_of_the_speed() -> None:
    rule = OverloadRule(LIMIT_SECONDS)
    for now in range(60):
        assert not rule.gives_up("nursery", 0.01, float(now), lambda _: 1e9)
        rule.note_begun("nursery", 0.01, float(now))
    # One a second is what came, not what can be done.
    assert not rule.gives_up("nursery", 20.0, 80.0, lambda _: 1e9)


@pytest.mark.parametrize("pause_seconds", [3.0, 8.0, 60.0])
@pytest.mark.parametrize("between_seconds", [0.6, 1.0, 3.4])
def test_pauses_of_the_machine_cost_nothing(pause_seconds: float, between_seconds: float) -> None:
    rule = OverloadRule(LIMIT_SECONDS)
    work_seconds = 0.01
    came = [float(second) for second in range(300)]
    now = resumed_at = pause_seconds
    for place, came_at in enumerate(came):
        now = max(now, came_at)
        if now >= resumed_at + between_seconds:
            now = resumed_at = now + pause_seconds
        clear = partial(_clear_seconds, bisect(came, now) - place)
        assert not rule.gives_up("nursery", now - came_at, now, clear), now
        rule.note_begun("nursery", now - came_at, now)
        now += work_seconds


def _clear_seconds(waiting: int, per_second: float) -> float:
    return waiting / per_second


def test_pauses_that_come_while_others_wait_are_no_measure_of_the_speed() -> None:
    rule = OverloadRule(LIMIT_SECONDS)
    # Three are begun, and the machine pauses before all that waits has been done.
    for now in (10.0, 10.01, 10.5, 70.5, 70.51):
        assert not rule.gives_up("nursery", 6.0, now, lambda per_second: 60 / per_second)
        rule.note_begun("nursery", 6.0, now)


@settings(deadline=None, max_examples=60)
@given(
    rooms=st.integers(1, 12),
    work_seconds=st.floats(0.005, 1.5),
    replicas=st.integers(1, 3),
    begins_at=st.floats(0.0, 40.0),
)
def test_however_much_comes_nothing_is_lost_and_the_wait_stays_bounded(
    rooms: int, work_seconds: float, replicas: int, begins_at: float
) -> None:
    stage = Stage(work_seconds=work_seconds, replicas=replicas)
    stage.now = begins_at
    stage.work_off(each_second(rooms, seconds=90), until=1_000)
    assert stage.done.total() + stage.given_up.total() == 90 * rooms
    assert stage.done.total() > 0
    # Only while the speed is not known yet is something done that has waited for longer.
    late = [waited for waited in stage.waited_seconds if waited > LIMIT_SECONDS + 1.5]
    is_enough = rooms * work_seconds < 0.9 * replicas
    assert len(late) <= 4 * replicas + 2 * replicas / work_seconds or is_enough
