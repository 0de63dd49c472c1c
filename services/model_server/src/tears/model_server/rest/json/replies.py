"""Replies as JSON, with TF Serving's line breaks."""

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from google.protobuf import json_format
from google.protobuf.message import Message

from tears.model_server.errors import InvalidArgumentError
from tears.model_server.rest.json.predict import BodyLayout
from tears.model_server.rest.json.tensors import BASE64_KEY, name_of
from tears.model_server.rest.json.text import decimals, equal_parts, lines, nested, quoted
from tears.model_server.wire.string_content import split_strings
from tears.tfserving import signatures, tensors
from tears.tfserving.v1 import classification_pb2, metadata_pb2, regression_pb2, status_pb2, tensor_pb2

# While it is written as JSON, each element takes a hundred bytes.
MAX_JSON_ELEMENTS: Final = 16 * 1024 * 1024
# Strings of an output whose name ends like this are bytes.
BYTES_SUFFIX: Final = "_bytes"

_FLOAT_DTYPES: Final = {tensor_pb2.DT_FLOAT, tensor_pb2.DT_DOUBLE, tensor_pb2.DT_HALF}

Tensors = Mapping[str, tensor_pb2.TensorProto]


def prediction(outputs: Tensors, layout: BodyLayout) -> str:
    """Return the reply to `:predict`.

    Raises:
        InvalidArgumentError: The outputs are not rows, or JSON has no values for them; the wording is TF Serving's.
    """
    if not outputs:
        raise InvalidArgumentError("Cannot convert empty tensor map to JSON")
    named = dict(sorted(outputs.items()))  # protobuf's own order varies
    written = _rows(named) if layout is BodyLayout.ROWS else _columns(named)
    return lines("{", [f'"{layout.value}": {written}'], "}", 0)


def classification(result: classification_pb2.ClassificationResult) -> str:
    """Return the reply to `:classify`: for each example, its pairs of label and score.

    Raises:
        InvalidArgumentError: There are none.
    """
    if not result.classifications:
        raise InvalidArgumentError("Cannot convert empty ClassificationResults to JSON")
    examples = []
    for classifications in result.classifications:
        scores = decimals([each.score for each in classifications.classes], is_double=False)
        pairs = [
            f"[{quoted(each.label)}, {score}]" for each, score in zip(classifications.classes, scores, strict=True)
        ]
        examples.append(f"[{', '.join(pairs)}]")
    return lines("{", [f'"results": [{", ".join(examples)}\n    ]'], "}", 0)


def regression(result: regression_pb2.RegressionResult) -> str:
    """Return the reply to `:regress`: one value for each example.

    Raises:
        InvalidArgumentError: There are none.
    """
    if not result.regressions:
        raise InvalidArgumentError("Cannot convert empty RegressionResults to JSON")
    values = decimals([each.value for each in result.regressions], is_double=False)
    return lines("{", [f'"results": [{", ".join(values)}]'], "}", 0)


def status(reply: status_pb2.GetModelStatusResponse) -> str:
    """Return the states of a model's versions."""
    return _object(_fields(reply))


def metadata(reply: metadata_pb2.GetModelMetadataResponse) -> str:
    """Return the signatures of a version, unpacked."""
    found = {signatures.METADATA_FIELD: _fields(signatures.unpack(reply))}
    return _object({"model_spec": _fields(reply.model_spec), "metadata": found})


def error(message: str) -> str:
    """Return what went wrong."""
    return lines("{", [f'"error": {quoted(message)}'], "}", 0)


def _rows(outputs: Tensors) -> str:
    """Write one element for each row of the batch: a value or an array, or an object if there are several outputs."""
    batch: int | None = None
    rows = {}
    for name, tensor in outputs.items():
        shape = tensors.shape_of(tensor)
        if not shape:
            raise InvalidArgumentError(f"Tensor name: {name} has no shape information ")
        if batch not in {None, shape[0]}:
            raise InvalidArgumentError(
                f"Tensor name: {name} has inconsistent batch size: {shape[0]} expecting: {batch}"
            )
        batch = shape[0]
        parts = equal_parts(_texts(name, tensor), batch) if batch else ()
        rows[name] = [nested(part, shape[1:], level=0, on_one_line=True) for part in parts]
    if not batch:  # a detector has found nothing
        return "[]"
    if len(rows) == 1:
        (only,) = rows.values()
        return f"[{', '.join(only)}\n    ]"
    names = [quoted(name) for name in rows]
    objects = [
        lines("{", [f"{name}: {value}" for name, value in zip(names, row, strict=True)], "}", 2)
        for row in zip(*rows.values(), strict=True)
    ]
    return lines("[", objects, "]", 1)


def _columns(outputs: Tensors) -> str:
    """Write each output as a whole; if there are several, by their names."""
    level = 1 if len(outputs) == 1 else 2
    written = {
        name: nested(_texts(name, tensor), tensors.shape_of(tensor), level=level, on_one_line=False)
        for name, tensor in outputs.items()
    }
    if len(written) == 1:
        (only,) = written.values()
        return only
    return lines("{", [f"{quoted(name)}: {value}" for name, value in written.items()], "}", 1)


def _texts(name: str, tensor: tensor_pb2.TensorProto) -> Sequence[str]:
    """Write every element as JSON."""
    if tensor.dtype == tensor_pb2.DT_STRING:
        count = tensors.element_count(tensors.shape_of(tensor), limit=MAX_JSON_ELEMENTS)
        content = tensor.tensor_content
        strings = split_strings(content, count) if content else tensor.string_val
        return [_string(string, is_bytes=name.endswith(BYTES_SUFFIX)) for string in strings]
    if tensor.dtype not in tensors.TENSOR_LAYOUTS:
        raise InvalidArgumentError(f"Failed to write JSON value for tensor type: {name_of(tensor.dtype)}")
    numbers = tensors.numbers(tensor, limit=MAX_JSON_ELEMENTS)
    if tensor.dtype in _FLOAT_DTYPES:
        return decimals(numbers, is_double=tensor.dtype == tensor_pb2.DT_DOUBLE)
    if tensor.dtype == tensor_pb2.DT_BOOL:
        return ["true" if number else "false" for number in numbers]
    return list(map(str, numbers))


def _string(content: bytes, *, is_bytes: bool) -> str:
    """Write text as a string; bytes, and strings that are not UTF-8 (broken JSON in TF Serving), as base64."""
    if not is_bytes:
        try:
            return quoted(content.decode())
        except UnicodeDecodeError:
            pass
    return f'{{"{BASE64_KEY}": "{base64.b64encode(content).decode()}"}}'


def _fields(message: Message) -> dict[str, Any]:
    """Return every field by its name in the .proto, even if it has its default."""
    return json_format.MessageToDict(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )


def _object(value: Mapping[str, Any]) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"
