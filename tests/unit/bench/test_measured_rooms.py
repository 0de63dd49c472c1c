import dataclasses

from unit.bench.measured_run import RUN

from bench.pipeline.load import (
    carried_figure,
    carried_words,
    cpu_table,
    growth_figures,
    replica_figures,
    rooms_table,
)
from bench.pipeline.rooms import quantiles_of
from bench.pipeline.scope import FULL, QUICK
from bench.pipeline.starts import ProcessStart, starts_table


def test_the_quantiles_of_a_hundred_delays_are_the_delays_at_those_places() -> None:
    assert quantiles_of([float(number) for number in range(101)]) == (50.0, 95.0, 99.0)


def test_windows_that_never_come_are_late() -> None:
    assert quantiles_of([]) == (float("inf"),) * 3


def test_rooms_are_carried_if_all_windows_come_within_a_second() -> None:
    assert RUN.is_carried
    assert not dataclasses.replace(RUN, done_share=0.98).is_carried
    assert not dataclasses.replace(RUN, delays=(20.0, 1_001.0, 1_002.0)).is_carried


def test_the_better_number_of_replicas_counts() -> None:
    figure = carried_figure({1: (120, 140), 2: (160, None)})
    assert figure.value == 160
    assert figure.is_met
    assert carried_words({1: (120, 140)}) == "1 of each service: 120 carried, 140 are too many"


def test_growth_is_judged_by_cost_and_by_the_memory_of_each_room() -> None:
    many = dataclasses.replace(
        RUN,
        rooms=60,
        cost_ms={"redis": 1.0, "preprocessor": 5.0},
        redis_mib=100.0,
        pss_mib={"redis": 120.0, "preprocessor": 50.0},
    )
    cost, redis, services = growth_figures([RUN, many])
    assert (cost.value, redis.value, services.value) == (1.5, 2.0, 0.5)
    assert not cost.is_met


def test_replicas_are_judged_by_their_memory_and_their_delay() -> None:
    two = dataclasses.replace(RUN, replicas=2, delays=(20.0, 75.0, 90.0), pss_mib={"redis": 70.0, "preprocessor": 80.0})
    four = dataclasses.replace(two, replicas=4, pss_mib={"redis": 70.0, "preprocessor": 100.0})
    memory, delay = replica_figures([RUN, two, four])
    assert (memory.value, delay.value) == (20.0, 1.5)
    assert memory.is_met
    assert not delay.is_met


def test_each_run_is_a_row_with_its_delays_and_its_memory() -> None:
    table = rooms_table("now", [RUN], {1: (160, None)})
    assert dict(zip(table.heads, table.rows[0], strict=True)) == {
        "rooms": "40",
        "replicas": "1",
        "p50 ms": "20",
        "p95 ms": "50",
        "p99 ms": "90",
        "done": "100%",
        "Redis MiB": "60.0",
        "services MiB": "40.0",
    }


def test_the_feeder_is_shown_beside_the_stages_and_not_counted_as_one() -> None:
    table = cpu_table("now", [RUN])
    assert dict(zip(table.heads, table.rows[0], strict=True)) == {
        "rooms": "40",
        "replicas": "1",
        "all": "4.00",
        "redis": "1.00",
        "preprocessor": "3.00",
        "(feeder)": "0.400",
    }


def test_the_start_of_a_process_is_the_median_of_all() -> None:
    starts = [ProcessStart({"redis": seconds}, {"redis": 10 * seconds}) for seconds in (0.1, 9.0, 0.2)]
    assert starts_table("now", starts).rows == (("redis", "0.200", "2.00"),)


def test_a_quick_look_lets_replicas_meet_only_the_most_rooms() -> None:
    assert QUICK.growth_points() == [(1, 1), (16, 1), (64, 1), (64, 2)]
    assert len(FULL.growth_points()) == 12
