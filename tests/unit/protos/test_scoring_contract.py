import pytest

from tears.tfserving import tensors
from tears.tfserving.contract import ContractError, scoring_contract
from tears.tfserving.v1 import metadata_pb2, tensor_pb2

SAMPLES = 110_250


def signature(
    shape: tuple[int, ...] = (1, SAMPLES),
    dtype: tensor_pb2.DataType = tensor_pb2.DT_FLOAT,
    labels: tuple[str, ...] = ("other", "crying"),
    inputs: tuple[str, ...] = ("waveform",),
    signature_name: str = "serving_default",
) -> metadata_pb2.SignatureDefMap:
    found = metadata_pb2.SignatureDefMap()
    definition = found.signature_def[signature_name]
    for name in inputs:
        definition.inputs[name].dtype = dtype
        definition.inputs[name].tensor_shape.CopyFrom(tensors.shape_proto(shape))
    for label in labels:
        definition.outputs[label].dtype = tensor_pb2.DT_FLOAT
    return found


@pytest.mark.parametrize(
    ("served", "sent"),
    [((1, SAMPLES), (1, SAMPLES)), ((-1, SAMPLES), (1, SAMPLES)), ((SAMPLES,), (SAMPLES,)), ((-1, -1), (1, SAMPLES))],
)
def test_the_contract_of_a_waveform_model_says_how_to_send_one_window(
    served: tuple[int, ...], sent: tuple[int, ...]
) -> None:
    contract = scoring_contract(signature(served), SAMPLES)
    assert contract.input_name == "waveform"
    assert contract.input_shape == sent
    assert contract.labels == ("crying", "other")


@pytest.mark.parametrize(
    ("signatures", "says"),
    [
        (signature((1, 16_000)), "110250 samples"),
        (signature(dtype=tensor_pb2.DT_STRING), "DT_STRING"),
        (signature(inputs=("a", "b")), "one input"),
        (signature(labels=()), "no outputs"),
        (metadata_pb2.SignatureDefMap(), "no signature serving_default"),
    ],
)
def test_the_error_about_another_model_says_what_it_takes_instead(
    signatures: metadata_pb2.SignatureDefMap, says: str
) -> None:
    with pytest.raises(ContractError, match=says):
        scoring_contract(signatures, SAMPLES)


def both(integers: metadata_pb2.SignatureDefMap) -> metadata_pb2.SignatureDefMap:
    """Add the signature of a usual model to that of integers."""
    integers.MergeFrom(signature())
    return integers


def test_a_model_that_also_takes_integers_gets_them() -> None:
    integers = signature(signature_name="serving_int16", dtype=tensor_pb2.DT_INT16)
    contract = scoring_contract(both(integers), SAMPLES)
    assert (contract.signature, contract.input_dtype) == ("serving_int16", tensor_pb2.DT_INT16)
    assert contract.labels == ("crying", "other")


@pytest.mark.parametrize(
    "integers",
    [
        metadata_pb2.SignatureDefMap(),
        signature((1, 16_000), signature_name="serving_int16", dtype=tensor_pb2.DT_INT16),
        signature(signature_name="serving_int16", dtype=tensor_pb2.DT_STRING),
        signature(signature_name="serving_int16", dtype=tensor_pb2.DT_INT16, inputs=("a", "b")),
        signature(signature_name="serving_int16", dtype=tensor_pb2.DT_FLOAT),
        signature(signature_name="serving_int16", dtype=tensor_pb2.DT_INT16, labels=("crying", "asleep")),
    ],
    ids=["none", "another length", "strings", "two inputs", "floats", "other labels"],
)
def test_a_model_without_fitting_integers_gets_floats(integers: metadata_pb2.SignatureDefMap) -> None:
    contract = scoring_contract(both(integers), SAMPLES)
    assert (contract.signature, contract.input_dtype) == ("serving_default", tensor_pb2.DT_FLOAT)


def test_a_model_whose_usual_signature_does_not_fit_is_refused_whatever_else_it_has() -> None:
    integers = signature(signature_name="serving_int16", dtype=tensor_pb2.DT_INT16)
    integers.MergeFrom(signature((1, 16_000)))
    with pytest.raises(ContractError, match=r"16000.*110250 samples"):
        scoring_contract(integers, SAMPLES)
