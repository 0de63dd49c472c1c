import dataclasses

import pytest
from unit.bench.measured_run import RUN

from bench.floor.floor_parts import STAGE_PARTS, stage_floors_ms
from bench.floor.stage_costs import StageCosts, cost_figures, cost_tables, ratio_row

PARTS = {part: 1.0 for parts in STAGE_PARTS.values() for part in parts}


def costs(*names: str, soxr: float = 1.0) -> StageCosts:
    """Return costs with a floor of 1 ms a part, and runs of 2, 4 and 3 ms a stage for each name."""
    runs = [dataclasses.replace(RUN, cost_ms=dict.fromkeys(STAGE_PARTS, cost)) for cost in (2.0, 4.0, 3.0)]
    return StageCosts({**PARTS, "soxr": soxr}, dict.fromkeys(names, runs))


def test_the_floor_of_a_stage_is_the_sum_of_its_parts() -> None:
    floors = stage_floors_ms(PARTS)
    assert floors == {"preprocessor": 4.0, "classifier": 3.0, "model server": 2.0, "alerter": 1.0, "redis": 1.0}


def test_a_figure_is_the_median_of_the_runs() -> None:
    whole, beside, *stages, delay = cost_figures(costs("now"), "now")
    assert whole.value == 15.0
    assert beside.value == pytest.approx(15 / 11)
    assert [stage.value for stage in stages] == [3.0, 3.0, 3.0]
    assert delay.value == 50.0


def test_a_run_without_scores_for_all_windows_is_named() -> None:
    whole = costs("now")
    broken = dataclasses.replace(whole.runs["now"][0], done_share=0.16)
    assert "only" not in cost_figures(whole, "now")[0].note
    figure = cost_figures(StageCosts(whole.floor_parts, {"now": [*whole.runs["now"], broken]}), "now")[0]
    assert "only 16% of the windows had scores" in figure.note


def test_limits_follow_the_speed_of_the_machine_and_of_the_model() -> None:
    for soxr in (1.0, 2.0):
        whole, _, preprocessor, classifier, server, _ = cost_figures(costs("now", soxr=soxr), "now")
        assert whole.limit == pytest.approx(1.0 + 8.7 * soxr)
        assert (preprocessor.limit, classifier.limit, server.limit) == (2.5 * soxr, 1.5 * soxr, 1.0 + soxr)


def test_a_row_compares_with_the_floor_and_with_earlier_sources() -> None:
    assert ratio_row("redis", 0.5, 2.0, [4.0]) == ("redis", "0.500", "2.00", "4.00", "4.00", "0.500")


def test_the_table_has_two_columns_for_earlier_sources() -> None:
    table, parts = cost_tables(costs("0.1.0", "now"))
    assert table.heads == ("stage", "floor ms", "now ms", "times its floor", "0.1.0 ms", "times 0.1.0")
    assert table.rows[-1] == ("all", "11.0", "15.0", "1.36", "15.0", "1.00")
    assert len(parts.rows) == len(PARTS)
