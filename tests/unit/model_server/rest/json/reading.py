"""Read a request of `:predict`, for tests."""

from typing import Any

import pytest

from tears.model_server.errors import InvalidArgumentError
from tears.model_server.rest.json.predict import BodyLayout, tensors_in
from tears.model_server.rest.json.text import parse_object
from tears.model_server.wire.signatures import TensorSpec
from tears.model_server.wire.tensors import decode_tensor
from tears.tfserving.v1 import tensor_pb2

DTYPES = {
    "float": tensor_pb2.DT_FLOAT,
    "double": tensor_pb2.DT_DOUBLE,
    "int": tensor_pb2.DT_INT32,
    "str": tensor_pb2.DT_STRING,
    "bool": tensor_pb2.DT_BOOL,
}


def spec(dtype: tensor_pb2.DataType) -> TensorSpec:
    return TensorSpec("t:0", dtype, None)


def read(body: str | bytes, **inputs: str) -> tuple[BodyLayout, dict[str, Any]]:
    """Return the layout, and each input as nested lists; `inputs` are names and the keys of `DTYPES`."""
    specs = {name: spec(DTYPES[dtype]) for name, dtype in inputs.items()}
    document = parse_object(body.encode() if isinstance(body, str) else body)
    layout, tensors = tensors_in(document, specs)
    return layout, {name: decode_tensor(name, tensor, specs[name]).tolist() for name, tensor in tensors.items()}


def refusal(body: str | bytes, **inputs: str) -> str:
    with pytest.raises(InvalidArgumentError) as refused:
        read(body, **inputs)
    return str(refused.value)
