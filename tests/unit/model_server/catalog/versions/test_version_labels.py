"""The rules for version labels."""

from pathlib import Path

import pytest

from tears.model_server.catalog.model_config import ServedModelSettings
from tears.model_server.catalog.version_labels import VersionLabels, assign_labels
from tears.model_server.errors import FailedPreconditionError


def assign(
    wanted: dict[str, int], current: dict[str, int], available: list[int], *, allow_unavailable: bool = False
) -> VersionLabels:
    model = ServedModelSettings("cry", Path("/cry"), labels=wanted)
    return assign_labels([model], {"cry": current}, {"cry": available}, allow_unavailable=allow_unavailable)


def test_a_label_may_stand_for_a_version_that_is_available() -> None:
    assert assign({"stable": 1, "canary": 2}, {"stable": 2}, [2, 1]) == {"cry": {"stable": 1, "canary": 2}}


def test_a_label_that_is_left_out_is_removed() -> None:
    assert assign({}, {"stable": 2}, [2]) == {}


@pytest.mark.parametrize("available", [[], [1]])
def test_a_label_may_not_stand_for_a_version_that_is_not_available(available: list[int]) -> None:
    expected = "^Request to assign label to version 2 of model cry, which is not currently available for inference$"
    with pytest.raises(FailedPreconditionError, match=expected):
        assign({"canary": 2}, {}, available)


def test_a_new_label_may_name_an_unavailable_version_if_the_flag_allows_it() -> None:
    assert assign({"canary": 2}, {"stable": 1}, [1], allow_unavailable=True) == {"cry": {"canary": 2}}


def test_a_label_may_keep_an_unavailable_version_if_the_flag_allows_it() -> None:
    assert assign({"canary": 2}, {"canary": 2}, [1], allow_unavailable=True) == {"cry": {"canary": 2}}
    with pytest.raises(FailedPreconditionError):
        assign({"canary": 2}, {"canary": 2}, [1])


def test_a_label_in_use_may_never_move_to_an_unavailable_version() -> None:
    with pytest.raises(FailedPreconditionError, match="version 2 of model cry"):
        assign({"canary": 2}, {"canary": 1}, [1], allow_unavailable=True)
