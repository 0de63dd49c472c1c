"""A Predict parsed without copying its tensors: each large `tensor_content` stays where it is, in the request's bytes.

protobuf copies all bytes into its message and again out of it, which for a window of sound is half of what a request
costs beside the model. Here such a field is cut out first and what is left is parsed; whatever is not plain (a field
twice, a field that is none of TF Serving's) is left to protobuf as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from google.protobuf.message import DecodeError

from tears.model_server.wire.unparsed import Parcel
from tears.tfserving.v1 import tensor_pb2
from tears.tfserving.v1.model_pb2 import ModelSpec
from tears.tfserving.v1.predict_pb2 import PredictRequest

# Below this a copy is cheaper than finding out how to do without.
LARGE_BYTES: Final = 16 * 1024
# A plain message has fewer fields: it is not for the count of its fields that it is large.
MAX_FIELDS: Final = 64
# Beside its content a plain tensor has a dtype and a shape. What has more is left whole, to be weighed.
MAX_REST_BYTES: Final = 1024
# What is left beside large tensors is copied before anything is counted. Where that is more, nothing is cut.
MAX_KEPT_BYTES: Final = 64 * 1024

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
        self.dtype = rest.dtype
        self.tensor_shape = rest.tensor_shape
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
    for key, begin, value, end in _fields(body, 0, len(body)):
        if key == _INPUTS:
            name, tensor = _entry(body, value, end)
            if name in keys:
                raise _NotPlainError
            keys.add(name)
            if end - tensor >= LARGE_BYTES:
                tensors[name] = _lean(body, tensor, end)
                continue
        kept.append(body[begin:end])
    if not tensors or sum(map(len, kept)) > MAX_KEPT_BYTES:
        raise _NotPlainError
    return b"".join(kept), tensors


def _entry(body: memoryview, at: int, end: int) -> tuple[str, int]:
    """The name of one input, and where its tensor begins, which ends with the entry."""
    found = _fields(body, at, end)
    if [key for key, *_ in found] != [_KEY, _VALUE]:
        raise _NotPlainError
    (_, _, name, name_end), (_, _, tensor, _) = found
    try:
        return str(body[name:name_end], "utf-8"), tensor
    except UnicodeDecodeError:
        raise _NotPlainError from None


def _lean(body: memoryview, at: int, end: int) -> LeanTensor:
    kept: list[memoryview] = []
    contents: list[memoryview] = []
    for key, field_begin, value, field_end in _fields(body, at, end):
        if key == _CONTENT:
            contents.append(body[value:field_end])
        else:
            kept.append(body[field_begin:field_end])
    rest = b"".join(kept)
    if len(contents) != 1 or len(rest) > MAX_REST_BYTES:
        raise _NotPlainError
    try:
        return LeanTensor(tensor_pb2.TensorProto.FromString(rest), contents[0])
    except DecodeError:
        raise _NotPlainError from None


def _fields(body: memoryview, at: int, end: int) -> list[tuple[int, int, int, int]]:
    """Each field's key, where it begins, where what it holds begins, if it has a length, and where it ends."""
    found = []
    while at < end:
        begin = at
        key, value = _varint(body, at, end)
        if key & 7 == _LENGTH:
            length, value = _varint(body, value, end)
            at = value + length
        elif key & 7 == _VARINT:
            _, at = _varint(body, value, end)
            value = at
        else:
            raise _NotPlainError
        if at > end:
            raise _NotPlainError
        found.append((key, begin, value, at))
        if len(found) > MAX_FIELDS:
            raise _NotPlainError
    return found


def _varint(body: memoryview, at: int, end: int) -> tuple[int, int]:
    """The number that begins at `at`, and where it ends; no plain key, length or number has more than five bytes."""
    number = shift = 0
    while at < end and shift < 35:  # noqa: PLR2004 - five groups
        group = body[at]
        at += 1
        if group < 0x80:  # noqa: PLR2004 - the eighth bit says that more follow
            return number | group << shift, at
        number |= (group & 0x7F) << shift
        shift += 7
    raise _NotPlainError
