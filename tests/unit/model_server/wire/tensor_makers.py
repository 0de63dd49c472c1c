"""Tensors and their specs, for tests."""

from typing import Any

from tears.model_server.wire.signatures import TensorSpec
from tears.tfserving import tensors
from tears.tfserving.v1.tensor_pb2 import DataType, TensorProto


def any_size(dtype: DataType, rank: int) -> TensorSpec:
    return TensorSpec("t", dtype, (-1,) * rank)


def typed(dtype: DataType, shape: list[int], **values: Any) -> TensorProto:
    return TensorProto(dtype=dtype, tensor_shape=tensors.shape_proto(shape), **values)
