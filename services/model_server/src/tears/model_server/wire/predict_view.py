"""A Predict request parsed without copying its tensors: each large `tensor_content` is a view of the request's bytes.

protobuf copies all bytes into its message and out of it again. For a window of sound that is half of what a request
costs beside the model. So each large content is cut out first, and the rest is parsed. A request with anything unusual
(a field twice, a field that TF Serving does not have) is left to protobuf as a whole.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from google.protobuf.message import DecodeError

from tears.model_server.wire.protobuf_fields import LENGTH_DELIMITED_FIELD, VARINT_FIELD, WireFormatError, read_field
from tears.tfserving.v1 import tensor_pb2
from tears.tfserving.v1.model_pb2 import ModelSpec
from tears.tfserving.v1.predict_pb2 import PredictRequest

# Below this size a copy costs less than cutting.
MIN_VIEW_BYTES: Final = 16 * 1024
# A message of more fields is large because of their number, not because of a large tensor.
MAX_VIEW_FIELDS: Final = 64
# Beside its content an ordinary tensor has a dtype and a shape. One that has more stays in the part that is weighed.
MAX_TENSOR_REST_BYTES: Final = 1024
# What is left beside large tensors is copied before anything is weighed. If more than this is left, nothing is cut.
MAX_REQUEST_REST_BYTES: Final = 64 * 1024
# Keys, and the lengths and numbers of an ordinary request, are no longer. protobuf itself refuses longer keys.
_MAX_VARINT_BYTES: Final = 5

# The keys of fields: their numbers, with the kind of field that has a length.
_INPUTS_KEY: Final = 2 << 3 | LENGTH_DELIMITED_FIELD
_MAP_KEY_KEY: Final = 1 << 3 | LENGTH_DELIMITED_FIELD
_MAP_VALUE_KEY: Final = 2 << 3 | LENGTH_DELIMITED_FIELD
_TENSOR_CONTENT_KEY: Final = 4 << 3 | LENGTH_DELIMITED_FIELD


Parsed = TypeVar("Parsed")


@dataclass(frozen=True, slots=True)
class UnparsedRequest(Generic[Parsed]):
    """The bytes that will be parsed, so that they can be weighed first, and the function that parses them."""

    body: bytes
    # Raises DecodeError if the bytes are not such a request.
    parse: Callable[[bytes], Parsed]


class TensorView:
    """A TensorProto whose `tensor_content` is a view of the request's bytes."""

    def __init__(self, rest: tensor_pb2.TensorProto, content: memoryview) -> None:
        """`rest` is the message without that field."""
        self._rest = rest
        self.dtype = rest.dtype
        self.tensor_shape = rest.tensor_shape
        self.tensor_content = content

    def __getattr__(self, name: str) -> Any:
        """Return any other field."""
        return getattr(self._rest, name)


class PredictRequestView:
    """Reads like a PredictRequest."""

    def __init__(self, rest: PredictRequest, tensors: Mapping[str, TensorView]) -> None:
        """`rest` is the message without the inputs that are in `tensors`."""
        self._rest = rest
        self.inputs: Mapping[str, tensor_pb2.TensorProto | TensorView] = {**rest.inputs, **tensors}

    @property
    def model_spec(self) -> ModelSpec:
        """The model that the request asks for."""
        return self._rest.model_spec

    @property
    def output_filter(self) -> Sequence[str]:
        """The outputs that it asks for; empty for all."""
        return self._rest.output_filter

    def HasField(self, field_name: str) -> bool:  # noqa: N802 - protobuf's name
        """Return whether a field was sent."""
        return self._rest.HasField(field_name)


def unparsed_predict(body: bytes) -> UnparsedRequest[PredictRequest | PredictRequestView]:
    """Return the request in `body`, still to be parsed; it may hold views of `body`."""
    if len(body) < MIN_VIEW_BYTES:
        return UnparsedRequest(body, PredictRequest.FromString)
    try:
        rest, tensors = _cut_request(memoryview(body))
    except (_UnusualError, WireFormatError):
        return UnparsedRequest(body, PredictRequest.FromString)
    return UnparsedRequest(rest, lambda rest: PredictRequestView(PredictRequest.FromString(rest), tensors))


class _UnusualError(Exception):
    """Raised when a request is better left to protobuf."""


def _cut_request(body: memoryview) -> tuple[bytes, dict[str, TensorView]]:
    """Return what is left to be parsed, and the inputs that were cut out."""
    kept: list[memoryview] = []
    tensors: dict[str, TensorView] = {}
    names: set[str] = set()
    for key, field_begin, begin, end in _fields(body, 0, len(body)):
        if key == _INPUTS_KEY:
            name, tensor_begin = _read_input(body, begin, end)
            if name in names:
                raise _UnusualError
            names.add(name)
            if end - tensor_begin >= MIN_VIEW_BYTES:
                tensors[name] = _cut_tensor(body, tensor_begin, end)
                continue
        kept.append(body[field_begin:end])
    if not tensors or sum(map(len, kept)) > MAX_REQUEST_REST_BYTES:
        raise _UnusualError
    return b"".join(kept), tensors


def _read_input(body: memoryview, at: int, end: int) -> tuple[str, int]:
    """Return the name of one input, and where its tensor begins, which ends at `end`."""
    found = _fields(body, at, end)
    if [key for key, *_ in found] != [_MAP_KEY_KEY, _MAP_VALUE_KEY]:
        raise _UnusualError
    (_, _, name_begin, name_end), (_, _, tensor_begin, _) = found
    try:
        return str(body[name_begin:name_end], "utf-8"), tensor_begin
    except UnicodeDecodeError:
        raise _UnusualError from None


def _cut_tensor(body: memoryview, at: int, end: int) -> TensorView:
    kept: list[memoryview] = []
    contents: list[memoryview] = []
    for key, field_begin, begin, field_end in _fields(body, at, end):
        if key == _TENSOR_CONTENT_KEY:
            contents.append(body[begin:field_end])
        else:
            kept.append(body[field_begin:field_end])
    rest = b"".join(kept)
    if len(contents) != 1 or len(rest) > MAX_TENSOR_REST_BYTES:
        raise _UnusualError
    try:
        return TensorView(tensor_pb2.TensorProto.FromString(rest), contents[0])
    except DecodeError:
        raise _UnusualError from None


def _fields(body: memoryview, at: int, end: int) -> list[tuple[int, int, int, int]]:
    """Return for each field its key, where it begins, where its content begins, and where it ends."""
    found = []
    while at < end:
        key, begin, field_end = read_field(body, at, end, _MAX_VARINT_BYTES)
        if key & 7 not in {LENGTH_DELIMITED_FIELD, VARINT_FIELD}:
            raise _UnusualError
        found.append((key, at, begin, field_end))
        at = field_end
        if len(found) > MAX_VIEW_FIELDS:
            raise _UnusualError
    return found
