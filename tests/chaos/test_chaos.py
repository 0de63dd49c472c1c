"""Whatever breaks, every window is judged once and rightly, and every episode is told once.

`make test-chaos` runs the first few seeds; `make test-chaos SEEDS=60` more of them, and `make test-chaos SEED=17` one.
"""

import os
import time
from pathlib import Path

import pytest
import redis
from support.chaos.crying_night import EPISODES, WINDOWS
from support.chaos.fault_plan import draw_plan
from support.chaos.fault_runner import FaultRunner
from support.chaos.house import ROOMS, SESSION, House
from support.chaos.observed_detections import ObservedDetections
from support.waiting import wait_until

# How long no further window may be judged after the last fault, before the end of the night. A loaded machine is slow.
LONGEST_STANDSTILL_SECONDS = 60.0
MOST_SECONDS = 900.0
# A fault begins this long after the one before at the latest, even if no window is judged: several may come together.
LONGEST_PAUSE_SECONDS = 6.0
LOOK_SECONDS = 0.02


def seeds() -> list[int]:
    one = os.environ.get("CHAOS_SEED", "")
    return [int(one)] if one else list(range(int(os.environ.get("CHAOS_SEEDS", "") or 3)))


@pytest.mark.timeout(1_200)
@pytest.mark.parametrize("seed", seeds())
def test_every_window_is_judged_once_and_every_episode_is_told_once(seed: int, tmp_path: Path) -> None:
    plan = draw_plan(seed)
    with House(tmp_path) as house, ObservedDetections(house.redis) as observed:
        runner = FaultRunner(house, tmp_path / "alerter.sqlite")

        def report() -> str:
            found = "\n".join(f"{room}: {observed.describe(room)}" for room in ROOMS)
            return "\n".join([f"seed {seed}", *map(str, plan), "----", *runner.history, found, *house.logs()])

        for planned in plan:
            begins_at_seconds = time.monotonic() + LONGEST_PAUSE_SECONDS

            def is_due(after: int = planned.after_windows, at_seconds: float = begins_at_seconds) -> bool:
                runner.end_due()
                return time.monotonic() >= at_seconds or observed.count(ROOMS[0]) >= after

            wait_until(is_due, LONGEST_PAUSE_SECONDS * 2, describe=report, look_seconds=LOOK_SECONDS)
            runner.begin(planned)

        def are_faults_over() -> bool:
            runner.end_due()
            return runner.is_over

        wait_until(are_faults_over, 30.0, describe=report, look_seconds=LOOK_SECONDS)

        def has_ended(room: str) -> bool:
            try:
                record = house.rooms().get(room)
            except redis.RedisError:
                return False
            return record is not None and record.has_ended(SESSION)

        progress = (-1, time.monotonic())

        def has_night_ended() -> bool:
            nonlocal progress
            judged = sum(map(observed.count, ROOMS))
            if judged != progress[0]:
                progress = (judged, time.monotonic())
            assert time.monotonic() - progress[1] < LONGEST_STANDSTILL_SECONDS, report()
            return all(map(has_ended, ROOMS))

        wait_until(has_night_ended, MOST_SECONDS, describe=report, look_seconds=0.1)
        wait_until(observed.is_complete, 20.0, describe=report, look_seconds=0.1)
        judged = house.rooms()
        for room in ROOMS:
            record = judged[room]
            assert (record.windows, record.tombstones, record.episodes) == (WINDOWS, 0, EPISODES), report()
            assert observed.wrong_scores(room) == [], report()
            wait_until(lambda room=room: len(house.receiver.texts(f"{room}: crying")) >= EPISODES, describe=report)  # type: ignore[misc]
            told = house.receiver.texts(f"{room}: crying")
            assert EPISODES <= len(told) <= EPISODES + runner.may_be_told_twice, report()
        others = [one["title"] for one in house.receiver.taken if not one["title"].endswith(": crying")]
        assert others == [], report()
