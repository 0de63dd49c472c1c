"""The JSON of `:classify` and `:regress`: `examples` and `context` become tf.Examples."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from tears.model_server.errors import InvalidArgumentError
from tears.model_server.rest.json.tensors import INT64_LIMITS, UINT64_LIMITS, decode_base64, encode_text, is_base64
from tears.model_server.rest.json.text import is_text, shown, type_name
from tears.tfserving.v1.example_pb2 import Example, Feature
from tears.tfserving.v1.input_pb2 import Input

EXAMPLES_KEY: Final = "examples"
CONTEXT_KEY: Final = "context"

_FEATURE_KINDS: Final = {"bytes_list": "bytes", "float_list": "float", "int64_list": "int64"}


def examples_in(document: Mapping[str, Any]) -> Input:
    """Return the examples of a request, with their context if it has one.

    Raises:
        InvalidArgumentError: They are not valid; the wording is TF Serving's.
    """
    request = Input()
    has_context = CONTEXT_KEY in document
    if has_context:
        _fill(request.example_list_with_context.context, document[CONTEXT_KEY])
    if EXAMPLES_KEY not in document:
        raise InvalidArgumentError(
            f"JSON Value: {shown(document)} When method is classify, key '{EXAMPLES_KEY}' is expected and was not found"
        )
    examples = document[EXAMPLES_KEY]
    if type(examples) is not list:
        raise InvalidArgumentError(
            f"JSON Value: {shown(document)} Expecting '{EXAMPLES_KEY}' value to be an list/array"
        )
    if not examples:
        raise InvalidArgumentError(f"JSON Value: {shown(document)} '{EXAMPLES_KEY}' value is an empty array")
    filled = request.example_list_with_context.examples if has_context else request.example_list.examples
    for example in examples:
        _fill(filled.add(), example)
    return request


def _fill(example: Example, value: Any) -> None:
    if type(value) is not dict:
        raise InvalidArgumentError(f"Example must be JSON object but got JSON {type_name(value)}")
    for name, content in value.items():
        if not is_text(name):  # protobuf accepts nothing else
            raise InvalidArgumentError(f"a feature's name is not UTF-8: {shown(name)}")
        feature = Feature()
        for element in content if type(content) is list else [content]:
            _add(feature, name, element)
        example.features.feature[name].CopyFrom(feature)


def _add(feature: Feature, name: str, element: Any) -> None:
    """Add a value to a feature; its first value decides its kind."""
    if type(element) is str or is_base64(element):
        content = encode_text(element) if type(element) is str else decode_base64(element)
        _require_kind(feature, name, "bytes_list")
        feature.bytes_list.value.append(content)
    elif type(element) is float:
        _require_kind(feature, name, "float_list")
        with np.errstate(over="ignore"):
            feature.float_list.value.append(float(np.float32(element)))
    elif type(element) in {int, bool}:
        if not INT64_LIMITS.min <= element <= UINT64_LIMITS.max:
            # Too long for any integer, so TF Serving's parser reads it as a decimal.
            try:
                decimal = float(element)
            except OverflowError:
                raise InvalidArgumentError("JSON Parse error: Number too big to be stored in double.") from None
            _add(feature, name, decimal)
            return
        _require_kind(feature, name, "int64_list")
        if element > INT64_LIMITS.max:
            raise InvalidArgumentError(f"Feature: {name} has uint64 element. Only int64 is supported.")
        feature.int64_list.value.append(int(element))
    else:
        raise InvalidArgumentError(f"Feature: {name} has element with unexpected JSON type: {type_name(element)}")


def _require_kind(feature: Feature, name: str, kind: str) -> None:
    present = feature.WhichOneof("kind")
    if present not in {None, kind}:
        raise InvalidArgumentError(
            f"Unexpected element type in feature: {name} expecting type: {_FEATURE_KINDS.get(present or '', 'UNKNOWN')}"
        )
