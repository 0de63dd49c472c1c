"""Signatures: what a model takes and gives, and whether a request fits it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tears.model_server.errors import InvalidArgumentError
from tears.tfserving import tensors
from tears.tfserving.signatures import PREDICT_METHOD
from tears.tfserving.v1 import metadata_pb2, tensor_pb2


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """One input or output of a signature."""

    # The tensor's name in the graph. Clients can see it, but use the name in the signature.
    name: str
    dtype: tensor_pb2.DataType
    # -1 is any size; None is any rank. Graphs often take more than their exporter wrote down, so the engine decides, as
    # it does in TF Serving.
    shape: tuple[int, ...] | None

    @property
    def short_name(self) -> str:
        """The tensor's name without the number of the output that it is."""
        return self.name.partition(":")[0]

    def fits(self, shape: Sequence[int]) -> bool:
        """Return whether `shape` is as described: it has the same rank, and each size that is fixed here."""
        if self.shape is None:
            return True
        return len(shape) == len(self.shape) and all(
            wanted in (-1, given) for wanted, given in zip(self.shape, shape, strict=True)
        )

    def to_proto(self) -> metadata_pb2.TensorInfo:
        """Return it as GetModelMetadata describes it."""
        known = tensors.shape_proto(self.shape or ())
        known.unknown_rank = self.shape is None
        return metadata_pb2.TensorInfo(name=self.name, dtype=self.dtype, tensor_shape=known)


@dataclass(frozen=True, slots=True)
class Signature:
    """One way to call a model: named inputs in, named outputs out."""

    inputs: Mapping[str, TensorSpec]
    outputs: Mapping[str, TensorSpec]
    # tensorflow/serving/predict, .../classify or .../regress, as the model was exported.
    method_name: str = PREDICT_METHOD
    # The values of inputs that a request leaves out.
    defaults: Mapping[str, tensor_pb2.TensorProto] = field(default_factory=dict)
    # Whether requests may use the tensors' names instead. TF Serving does not know the signatures of a TFLite file, so
    # its clients use `serving_default_x` and `PartitionedCall`.
    takes_tensor_names: bool = False

    def named_as(self, given: Collection[str], output_filter: Collection[str] = ()) -> "Signature":
        """Return the signature with the names that a request uses, in the same order: its own, or the tensors' names.

        The outputs have the tensors' names if the inputs have, or if the filter has.
        """
        if not self.takes_tensor_names:
            return self
        inputs, outputs = self.inputs, self.outputs
        if given and not any(name in inputs for name in given):
            inputs = _by_tensor_name(inputs, given)
        if inputs is not self.inputs or (output_filter and not any(name in outputs for name in output_filter)):
            outputs = _by_tensor_name(outputs, output_filter)
        return (
            self if inputs is self.inputs and outputs is self.outputs else replace(self, inputs=inputs, outputs=outputs)
        )

    def check_inputs(self, given: Collection[str]) -> None:
        """Check that exactly the signature's inputs are given; one that has a default may be missing.

        Raises:
            InvalidArgumentError: An input is missing or unknown; the wording is TF Serving's.
        """
        if given == self.inputs.keys():
            return
        extra, missing = set(given) - set(self.inputs), set(self.inputs) - set(given)
        if len(given) > len(self.inputs) or (len(given) < len(self.inputs) and not self.defaults):
            raise InvalidArgumentError(
                f"input size does not match signature: {len(given)}!={len(self.inputs)} "
                f"len({_braced(given)}) != len({_braced(self.inputs)}). "
                f"Sent extra: {_braced(extra)}. Missing but required: {_braced(missing)}."
            )
        for alias in sorted(missing - self.defaults.keys()):
            raise InvalidArgumentError(
                f"Signature input alias: {alias}(feed name: {self.inputs[alias].name}) not found in request and no "
                f"default value provided. Inputs expected to be in the request {_braced(given)}, or default input "
                f"alias set: {','.join(sorted(self.defaults))}"
            )
        if extra:
            used = ",".join(sorted(set(given) - extra))
            raise InvalidArgumentError(
                f"Inputs contains invalid name. Used request inputs: {used}, request input: {','.join(sorted(given))}"
            )

    def choose_outputs(self, output_filter: Sequence[str]) -> list[str]:
        """Return the outputs to compute: those in the filter, or all if it is empty.

        Raises:
            InvalidArgumentError: The filter names an unknown output or one twice; the wording is TF Serving's.
        """
        chosen: list[str] = []
        for alias in output_filter:
            if alias not in self.outputs:
                raise InvalidArgumentError(
                    f"output tensor alias not found in signature: {alias} "
                    f"Outputs expected to be in the set {_braced(self.outputs)}."
                )
            if alias in chosen:
                raise InvalidArgumentError(f"duplicate output tensor alias: {alias}")
            chosen.append(alias)
        return chosen or list(self.outputs)

    def to_proto(self) -> metadata_pb2.SignatureDef:
        """Return it as GetModelMetadata describes it."""
        return metadata_pb2.SignatureDef(
            inputs={name: spec.to_proto() for name, spec in self.inputs.items()},
            outputs={name: spec.to_proto() for name, spec in self.outputs.items()},
            method_name=self.method_name,
            defaults=self.defaults,
        )


def _by_tensor_name(specs: Mapping[str, TensorSpec], used: Collection[str]) -> Mapping[str, TensorSpec]:
    """Return specs by the names of their tensors, or `specs` itself if not all of the names that are used occur.

    The names have no number of the output if they are unique without it.
    """
    named = [{spec.short_name: spec for spec in specs.values()}, {spec.name: spec for spec in specs.values()}]
    return next((each for each in named if len(each) == len(specs) and each.keys() >= set(used)), specs)


def signature_from_proto(proto: metadata_pb2.SignatureDef) -> Signature:
    """Return a signature as a SavedModel describes it; the graph may take more shapes than it says."""
    return Signature(
        {alias: _spec(info) for alias, info in sorted(proto.inputs.items())},
        {alias: _spec(info) for alias, info in sorted(proto.outputs.items())},
        proto.method_name,
        dict(proto.defaults),
    )


def _spec(info: metadata_pb2.TensorInfo) -> TensorSpec:
    known = info.tensor_shape
    shape = None if known.unknown_rank else tuple(dim.size for dim in known.dim)
    return TensorSpec(info.name, info.dtype, shape)


def _braced(names: Iterable[str]) -> str:
    return "{" + ",".join(sorted(names)) + "}"
