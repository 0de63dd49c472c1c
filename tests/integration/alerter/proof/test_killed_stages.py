"""The cry goes through the real chain. Each stage is killed in turn, and that is told within 90 s."""

import pytest
from support.alerter.proven_house import STAGES, ProvenHouse
from support.alerter.stage_faults import check_that_it_is_told


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_that_is_killed_is_told_once_with_its_name_and_again_when_it_works(
    house: ProvenHouse, stage: str
) -> None:
    check_that_it_is_told(house, stage, house.kill, house.start)
