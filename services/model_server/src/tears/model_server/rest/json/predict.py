"""The JSON of `:predict`: `instances`, row by row, or `inputs`, column by column, become the tensors of a request."""

import enum
from collections.abc import Mapping
from typing import Any, Final

from tears.model_server.errors import InvalidArgumentError, ModelServerError
from tears.model_server.rest.json.tensors import RaggedError, dense_shape, flatten, from_elements, is_base64, walk
from tears.model_server.rest.json.tensors import to_tensor as tensor_of
from tears.model_server.rest.json.text import is_text, shown
from tears.model_server.wire.signatures import TensorSpec
from tears.tfserving.tensors import shape_proto, shape_text
from tears.tfserving.v1 import tensor_pb2
from tears.tfserving.v1.status_pb2 import StatusProto

SIGNATURE_KEY: Final = "signature_name"
INSTANCES_KEY: Final = "instances"
INPUTS_KEY: Final = "inputs"

InputSpecs = Mapping[str, TensorSpec]
Tensors = dict[str, tensor_pb2.TensorProto]


class BodyLayout(enum.Enum):
    """The layout of tensors in a request and in its reply; the value is the reply's key."""

    ROWS = "predictions"
    COLUMNS = "outputs"


def input_names_in(document: Mapping[str, Any]) -> list[str]:
    """Return the names of the inputs that a request gives; empty if it gives a value without a name."""
    given = document.get(INPUTS_KEY)
    if given is None and type(instances := document.get(INSTANCES_KEY)) is list and instances:
        given = instances[0]
    return list(given) if type(given) is dict and not is_base64(given) else []


def signature_name_in(document: Mapping[str, Any]) -> str:
    """Return the signature that a request asks for; "" if it names none.

    Raises:
        InvalidArgumentError: The name is not a string.
    """
    name = document.get(SIGNATURE_KEY, "")
    if type(name) is not str or not is_text(name):
        raise InvalidArgumentError(
            f"JSON Value: {shown(document)} not formatted correctly. 'signature_name' key must be a string value."
        )
    return name


def tensors_in(document: Mapping[str, Any], specs: InputSpecs) -> tuple[BodyLayout, Tensors]:
    """Return a request's values for the inputs of a signature, and their layout.

    Raises:
        InvalidArgumentError: They do not fit the signature; the wording is TF Serving's.
        UnimplementedError: JSON has no values for the dtype of an input.
    """
    has_rows, has_columns = INSTANCES_KEY in document, INPUTS_KEY in document
    if has_rows and has_columns:
        raise InvalidArgumentError(
            f"JSON Value: {shown(document)} Not formatted correctly expecting only one of '{INPUTS_KEY}' or "
            f"'{INSTANCES_KEY}' keys to exist "
        )
    if has_columns:
        return BodyLayout.COLUMNS, _columns(document[INPUTS_KEY], specs)
    if not has_rows:
        raise InvalidArgumentError(f"Missing '{INPUTS_KEY}' or '{INSTANCES_KEY}' key")
    instances = document[INSTANCES_KEY]
    if type(instances) is not list:
        raise InvalidArgumentError(f"JSON Value: {shown(document)} Expecting '{INSTANCES_KEY}' to be an list/array")
    if not instances:
        raise InvalidArgumentError(f"JSON Value: {shown(document)} No values in '{INSTANCES_KEY}' array")
    return BodyLayout.ROWS, _rows(instances, specs)


def _columns(value: Any, specs: InputSpecs) -> Tensors:
    if type(value) is not dict or is_base64(value):
        if len(specs) > 1:
            raise InvalidArgumentError(
                "inputs is a plain value/list, but expecting an object as multiple input tensors required as per "
                "tensorinfo_map"
            )
        return {name: tensor_of(value, spec.dtype) for name, spec in specs.items()}
    for name in specs:
        if name not in value:
            raise InvalidArgumentError(f"Missing named input: {name} in 'inputs' object.")
    return {name: tensor_of(value[name], spec.dtype) for name, spec in specs.items()}


def _rows(instances: list[Any], specs: InputSpecs) -> Tensors:
    if type(instances[0]) is not dict and len(specs) > 1:
        raise InvalidArgumentError(
            "instances is a plain list, but expecting list of objects as multiple input tensors required as per "
            "tensorinfo_map"
        )
    try:
        return {name: _batch(column, specs[name]) for name, column in _columns_of(instances, specs).items()}
    except (RaggedError, ModelServerError):
        # TF Serving looks at one instance after another; doing the same finds the error that it would report.
        return _one_by_one(instances, specs)


def _columns_of(instances: list[Any], specs: InputSpecs) -> dict[str, list[Any]]:
    """Return the instances of each input.

    Raises:
        RaggedError: They do not all have the same inputs.
    """
    are_named = [_is_named(instance) for instance in instances]
    if not any(are_named):
        return dict.fromkeys(specs, instances)
    if not all(are_named) or any(instance.keys() != specs.keys() for instance in instances):
        raise RaggedError
    return {name: [instance[name] for instance in instances] for name in specs}


def _batch(column: list[Any], spec: TensorSpec) -> tensor_pb2.TensorProto:
    shape = [len(column), *dense_shape(column[0])]
    return from_elements(flatten(column, shape), shape, spec.dtype)


def _one_by_one(instances: list[Any], specs: InputSpecs) -> Tensors:
    """Do the same in TF Serving's steps, each with its error."""
    are_named = _is_named(instances[0])
    columns: dict[str, _InputColumn] = {name: _InputColumn(spec) for name, spec in specs.items()}
    for index, instance in enumerate(instances):
        if _is_named(instance) != are_named:
            raise InvalidArgumentError(
                f"Expecting object but got list at item {index} of input list"
                if are_named
                else f"Expecting value/list but got object at item {index} of input list"
            )
        for name, value in (instance if are_named else dict.fromkeys(specs, instance)).items():
            try:
                if name not in columns:
                    raise InvalidArgumentError(f"JSON object: does not have named input: {name}")
                columns[name].add(value)
            except ModelServerError as error:
                key = f" key: {name}" if are_named else ""
                raise InvalidArgumentError(
                    f"Failed to process element: {index}{key} of 'instances' list. "
                    f"Error: {StatusProto.Code.Name(error.code)}: {error}"
                ) from error
        if are_named and instance.keys() != specs.keys():
            raise InvalidArgumentError(
                f"Failed to process element: {index} of 'instances' list. JSON object: {shown(instance)} keys must be "
                f"equal to: {','.join(sorted(specs))}"
            )
    return {name: column.tensor(len(instances)) for name, column in columns.items()}


class _InputColumn:
    """The instances of one input, which must all have the same shape."""

    def __init__(self, spec: TensorSpec) -> None:
        self._spec = spec
        self._shape: list[int] | None = None
        self._elements: list[Any] = []

    def add(self, value: Any) -> None:
        shape = dense_shape(value)
        elements = list(walk(value, shape, self._spec.dtype))
        if self._shape is None:
            self._shape, self._size = shape, len(elements)
        elif self._size != len(elements):
            raise InvalidArgumentError(f"Expecting tensor size: {self._size} but got: {len(elements)}")
        elif self._shape != shape:
            raise InvalidArgumentError(f"Expecting shape {shape_text(self._shape)} but got: {shape_text(shape)}")
        self._elements += elements

    def tensor(self, instances: int) -> tensor_pb2.TensorProto:
        tensor = from_elements(self._elements, [], self._spec.dtype)
        tensor.tensor_shape.CopyFrom(shape_proto([instances, *(self._shape or [])]))
        return tensor


def _is_named(instance: Any) -> bool:
    """Return whether it is an object with the inputs by name, and not bytes in base64."""
    return type(instance) is dict and not is_base64(instance)
