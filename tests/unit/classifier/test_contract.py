import pytest

from tears.tfserving import tensors
from tears.tfserving.contract import ContractError, contract_of
from tears.tfserving.v1 import metadata_pb2, tensor_pb2

SAMPLES = 110_250


def signature(
    shape: tuple[int, ...] = (1, SAMPLES),
    dtype: tensor_pb2.DataType = tensor_pb2.DT_FLOAT,
    labels: tuple[str, ...] = ("other", "crying"),
    inputs: tuple[str, ...] = ("waveform",),
) -> metadata_pb2.SignatureDefMap:
    found = metadata_pb2.SignatureDefMap()
    definition = found.signature_def["serving_default"]
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
    contract = contract_of(signature(served), SAMPLES)
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
        contract_of(signatures, SAMPLES)
