"""The policies that choose versions."""

import pytest

from tears.model_server.catalog.version_policy import (
    Latest,
    PolicyProto,
    Specific,
    VersionPolicy,
    policy_from_proto,
)


@pytest.mark.parametrize(
    ("policy", "chosen"),
    [
        (Latest(), [10]),
        (Latest(2), [10, 9]),
        (Latest(5), [10, 9, 2]),
        (Latest(None), [10, 9, 2]),
        (Specific(frozenset({2, 9})), [9, 2]),
        (Specific(frozenset({3})), []),
        (Specific(frozenset()), []),
    ],
)
def test_a_policy_chooses_by_number_the_newest_first(policy: VersionPolicy, chosen: list[int]) -> None:
    assert policy.choose({9, 10, 2}) == chosen
    assert policy.choose([]) == []


@pytest.mark.parametrize(
    ("proto", "policy"),
    [
        (PolicyProto(), Latest(1)),
        (PolicyProto(latest={}), Latest(1)),
        (PolicyProto(latest={"num_versions": 0}), Latest(1)),
        (PolicyProto(latest={"num_versions": 3}), Latest(3)),
        (PolicyProto(all={}), Latest(None)),
        (PolicyProto(specific={"versions": [2, 2, 5]}), Specific(frozenset({2, 5}))),
    ],
)
def test_a_policy_is_read_from_its_message(proto: PolicyProto, policy: VersionPolicy) -> None:
    assert policy_from_proto(proto) == policy
