import pytest

from bench.pipeline.capacity import cost_growth, memory_growth_mib, most_carried


@pytest.mark.parametrize("limit", [0, 9, 10, 37, 95, 110, 159, 160, 199])
def test_the_place_where_it_breaks_is_found_to_the_nearest_ten(limit: int) -> None:
    tried = []

    def is_carried(rooms: int) -> bool:
        tried.append(rooms)
        return rooms <= limit

    carried, broken = most_carried(is_carried, (160, 200), 10)
    assert broken is not None
    assert carried <= limit < broken <= carried + 10
    assert len(set(tried)) == len(tried) <= 6


def test_nothing_breaks_if_all_that_is_tried_is_carried() -> None:
    assert most_carried(lambda _: True, (160, 200), 10) == (200, None)


def test_costs_grow_if_many_rooms_are_dearer_than_the_cheapest_of_fewer() -> None:
    assert cost_growth([(1, 99.0), (4, 12.0), (16, 10.0), (64, 15.0)]) == 1.5


def test_a_single_room_that_pays_for_idle_processes_alone_is_no_measure() -> None:
    assert cost_growth([(1, 5.0), (4, 10.0), (64, 10.0)]) == 1.0


def test_memory_a_room_is_what_the_rooms_after_the_first_added() -> None:
    assert memory_growth_mib([(64, 136.0), (1, 10.0), (16, 20.0)]) == 2.0
