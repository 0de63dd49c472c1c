"""tf.Examples, with and without a context, as a model takes them."""

import pytest
from unit.model_server.example_model import example

from tears.model_server.dataplane.inference.examples import MAX_EXAMPLES_BYTES, claimed_bytes, serialized_examples
from tears.model_server.errors import InvalidArgumentError
from tears.tfserving.v1.example_pb2 import Example
from tears.tfserving.v1.input_pb2 import ExampleListWithContext, Input


def features(serialized: bytes) -> dict[str, float]:
    parsed = Example.FromString(serialized).features.feature
    return {name: feature.float_list.value[0] for name, feature in parsed.items()}


def test_each_example_is_serialised_separately() -> None:
    batch = serialized_examples(Input(example_list={"examples": [example(x=1.0), example(x=2.0, y=3.0)]}))
    assert batch.shape == (2,)
    assert batch.dtype == object
    assert [features(one) for one in batch] == [{"x": 1.0}, {"x": 2.0, "y": 3.0}]


def test_one_empty_example_is_an_example() -> None:
    assert serialized_examples(Input(example_list={"examples": [Example()]})).tolist() == [b""]


def test_a_context_is_in_every_example_which_may_override_it() -> None:
    given = ExampleListWithContext(context=example(x=1.0, z=9.0), examples=[example(x=2.0), Example()])
    batch = serialized_examples(Input(example_list_with_context=given))
    assert [features(one) for one in batch] == [{"x": 2.0, "z": 9.0}, {"x": 1.0, "z": 9.0}]


def test_unknown_fields_of_an_example_reach_the_model() -> None:
    unknown = b"\x7a\x03abc"  # field 15
    (one,) = serialized_examples(Input(example_list={"examples": [Example.FromString(unknown)]}))
    assert one == unknown


def test_a_context_without_examples_is_not_an_input() -> None:
    with pytest.raises(InvalidArgumentError, match=r"^Input is empty\.$"):
        serialized_examples(Input(example_list_with_context={"context": example(x=1.0)}))


def test_a_context_whose_copies_would_take_too_much_memory_is_refused() -> None:
    context = Example(features={"feature": {"x": {"bytes_list": {"value": [bytes(MAX_EXAMPLES_BYTES // 1000)]}}}})
    given = ExampleListWithContext(context=context, examples=[Example()] * 1000)
    with pytest.raises(InvalidArgumentError, match="send fewer examples at a time"):
        serialized_examples(Input(example_list_with_context=given))


def test_a_context_is_claimed_once_for_each_example() -> None:
    context = Example(features={"feature": {"x": {"bytes_list": {"value": [bytes(1_000_000)]}}}})
    given = Input(example_list_with_context=ExampleListWithContext(context=context, examples=[Example()] * 60))
    assert claimed_bytes(given) == pytest.approx(61_000_000, rel=1e-3)
    assert claimed_bytes(Input(example_list={"examples": [context]})) == pytest.approx(1_000_000, rel=1e-3)


def test_a_request_that_will_be_refused_claims_only_its_own_size() -> None:
    context = Example(features={"feature": {"x": {"bytes_list": {"value": [bytes(MAX_EXAMPLES_BYTES // 1000)]}}}})
    given = Input(example_list_with_context=ExampleListWithContext(context=context, examples=[Example()] * 1001))
    assert claimed_bytes(given) == given.ByteSize()
