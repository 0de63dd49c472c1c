"""A Predict parsed without copying its tensors: each large `tensor_content` stays where it is, in the request's bytes.

protobuf copies all bytes into its message and again out of it, which for a window of sound is half of what a request
costs beside the model. Here such a field is cut out first and what is left is parsed; whatever is not plain (a field
twice, a field that is none of TF Serving's) is left to protobuf as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from google.protobuf.message import DecodeError

from tears.model_server.parcel import Parcel
from tears.tfserving.v1 import tensor_pb2
from tears.tfserving.v1.model_pb2 import ModelSpec
from tears.tfserving.v1.predict_pb2 import PredictRequest

# Below this a copy is cheaper than finding out how to do without.
LARGE_BYTES: Final = 16 * 1024
# A plain message has fewer fields: it is not for the count of its fields that it is large.
MAX_FIELDS: Final = 64
# Beside its content a plain tensor has a dtype and a shape. What has more is left whole, to be weighed.
MAX_REST_BYTES: Final = 1024

# Field numbers, each with the kind of a field that has a length.
_INPUTS: Final = 2 << 3 | 2
_KEY: Final = 1 << 3 | 2
_VALUE: Final = 2 << 3 | 2
_CONTENT: Final = 4 << 3 | 2

_LENGTH: Final = 2
_VARINT: Final = 0


class LeanTensor:
    """A TensorProto whose `tensor_content` is a view of the request's bytes."""

    def __init__(self, rest: tensor_pb2.TensorProto, content: memoryview) -> None:
        """`rest` is the message without that field."""
        self._rest = rest
        self.tensor_content = content

    def __getattr__(self, name: str) -> Any:
        """Every other field."""
        return getattr(self._rest, name)


class LeanPredictRequest:
    """Reads like a PredictRequest."""

    def __init__(self, rest: PredictRequest, tensors: Mapping[str, LeanTensor]) -> None:
        """`rest` is the message without the inputs that are in `tensors`."""
        self._rest = rest
        self.inputs: Mapping[str, tensor_pb2.TensorProto | LeanTensor] = {**rest.inputs, **tensors}

    @property
    def model_spec(self) -> ModelSpec:
        """See PredictRequest."""
        return self._rest.model_spec

    @property
    def output_filter(self) -> Sequence[str]:
        """See PredictRequest."""
        return self._rest.output_filter

    def HasField(self, field_name: str) -> bool:  # noqa: N802 - protobuf's name
        """See PredictRequest."""
        return self._rest.HasField(field_name)


def cut_predict(body: bytes) -> Parcel[PredictRequest | LeanPredictRequest]:
    """The request in `body`, still to be parsed, of which it may hold views."""
    if len(body) < LARGE_BYTES:
        return Parcel(body, PredictRequest.FromString)
    try:
        rest, tensors = _cut(memoryview(body))
    except _NotPlainError:
        return Parcel(body, PredictRequest.FromString)
    return Parcel(rest, lambda rest: LeanPredictRequest(PredictRequest.FromString(rest), tensors))


class _NotPlainError(Exception):
    """Raised when bytes are better left to protobuf."""


def _cut(body: memoryview) -> tuple[bytes, dict[str, LeanTensor]]:
    """What is left to be parsed, and the inputs that were cut out."""
    kept: list[memoryview] = []
    tensors: dict[str, LeanTensor] = {}
    keys: set[str] = set()
    for key, whole, value in _fields(body):
        if key != _INPUTS:
            kept.append(whole)
            continue
        name, tensor = _entry(value)
        if name in keys:
            raise _NotPlainError
        keys.add(name)
        if len(tensor) < LARGE_BYTES:
            kept.append(whole)
        else:
            tensors[name] = _lean(tensor)
    return b"".join(kept), tensors


def _entry(entry: memoryview) -> tuple[str, memoryview]:
    """Name and tensor of one input."""
    found = [(key, value) for key, _, value in _fields(entry)]
    if [key for key, _ in found] != [_KEY, _VALUE]:
        raise _NotPlainError
    try:
        return str(found[0][1], "utf-8"), found[1][1]
    except UnicodeDecodeError:
        raise _NotPlainError from None


def _lean(tensor: memoryview) -> LeanTensor:
    kept: list[memoryview] = []
    contents: list[memoryview] = []
    for key, whole, value in _fields(tensor):
        if key == _CONTENT:
            contents.append(value)
        else:
            kept.append(whole)
    rest = b"".join(kept)
    if len(contents) != 1 or len(rest) > MAX_REST_BYTES:
        raise _NotPlainError
    try:
        return LeanTensor(tensor_pb2.TensorProto.FromString(rest), contents[0])
    except DecodeError:
        raise _NotPlainError from None


def _fields(message: memoryview) -> list[tuple[int, memoryview, memoryview]]:
    """Each field's key, all of its bytes, and, where it has a length, what it holds."""
    found = []
    at, end = 0, len(message)
    while at < end:
        begin = at
        key, at = _varint(message, at, end)
        value = at
        if key & 7 == _LENGTH:
            length, value = _varint(message, at, end)
            at = value + length
        elif key & 7 == _VARINT:
            _, at = _varint(message, at, end)
            value = at
        else:
            raise _NotPlainError
        if at > end:
            raise _NotPlainError
        found.append((key, message[begin:at], message[value:at]))
        if len(found) > MAX_FIELDS:
            raise _NotPlainError
    return found


def _varint(message: memoryview, at: int, end: int) -> tuple[int, int]:
    """The number that begins at `at`, and where it ends; no plain length or number is above 2**63."""
    number = 0
    for shift in range(0, 63, 7):
        if at >= end:
            break
        group = message[at]
        at += 1
        number |= (group & 0x7F) << shift
        if group < 0x80:  # noqa: PLR2004 - the eighth bit says that more follow
            return number, at
    raise _NotPlainError
