"""The contract of a served model: its input, shape, dtype and labels, read from its signature."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tears.tfserving.signatures import DEFAULT_INT16_SIGNATURE, DEFAULT_SIGNATURE
from tears.tfserving.tensors import dtype_name
from tears.tfserving.v1 import metadata_pb2, tensor_pb2

if TYPE_CHECKING:  # callers bring numpy; this package runs without it
    import numpy as np
    import numpy.typing as npt

WAVEFORM_DTYPES: Final = (tensor_pb2.DT_FLOAT, tensor_pb2.DT_INT16)


class ContractError(ValueError):
    """Raised when a model does not take a waveform and give one score per label."""


@dataclass(frozen=True, slots=True)
class ModelContract:
    """A model that takes a waveform and gives one score per label.

    Attributes:
        signature: the name of the signature.
        input_name: the waveform's name in the signature.
        input_dtype: DT_FLOAT (in [-1, 1)) or DT_INT16.
        input_shape: includes a batch of one, such as (1, 110 250).
        labels: the outputs' names in alphabetical order, because a signature keeps no order of its own.
    """

    signature: str
    input_name: str
    input_dtype: tensor_pb2.DataType
    input_shape: tuple[int, ...]
    labels: tuple[str, ...]

    def encode_window(self, samples: npt.NDArray[np.int16]) -> memoryview:
        """Return the bytes of a window in the model's dtype, little endian: int16 as it is, or float32 in [-1, 1).

        They are a view of an array, and join a request without another copy.
        """
        if self.input_dtype == tensor_pb2.DT_INT16:
            return samples.astype("<i2", order="C", copy=False).view("u1").data
        floats = samples.astype("<f4", order="C")
        floats *= 2**-15  # exact: 32 768 is the magnitude of the most negative int16
        return floats.view("u1").data


def scoring_contract(signatures: metadata_pb2.SignatureDefMap, window_samples: int) -> ModelContract:
    """Read the contract of the signature that scores windows of `window_samples` with the fewest bytes.

    It is `serving_int16` if that fits and has the labels of `serving_default`, else `serving_default`.

    Raises:
        ContractError: Says what `serving_default` takes or gives instead.
    """
    usual = contract_of(signatures, window_samples, DEFAULT_SIGNATURE)
    try:
        of_int16 = contract_of(signatures, window_samples, DEFAULT_INT16_SIGNATURE)
    except ContractError:
        return usual
    is_smaller = of_int16.input_dtype == tensor_pb2.DT_INT16 and of_int16.labels == usual.labels
    return of_int16 if is_smaller else usual


def contract_of(signatures: metadata_pb2.SignatureDefMap, window_samples: int, signature: str) -> ModelContract:
    """Read the contract of `signature` for windows of `window_samples`.

    Raises:
        ContractError: Says what the model takes or gives instead.
    """
    if signature not in signatures.signature_def:
        raise ContractError(f"the model has no signature {signature}, only {sorted(signatures.signature_def)}")
    found = signatures.signature_def[signature]
    if len(found.inputs) != 1:
        raise ContractError(f"the model takes {sorted(found.inputs)}; Tears needs one input, the waveform")
    ((name, info),) = found.inputs.items()
    if info.dtype not in WAVEFORM_DTYPES:
        raise ContractError(f"the model's input {name} is {dtype_name(info.dtype)}; Tears needs DT_FLOAT or DT_INT16")
    # -1 is any size: one window is sent at a time.
    sizes = tuple(dim.size for dim in info.tensor_shape.dim)
    shape = tuple(1 if size == -1 and at == 0 and len(sizes) > 1 else size for at, size in enumerate(sizes))
    shape = tuple(window_samples if size == -1 else size for size in shape)
    if math.prod(shape) != window_samples:
        raise ContractError(
            f"the model's input {name} has the shape {list(sizes)}; Tears needs {window_samples} samples, a 5 s window "
            "at 22 050 Hz"
        )
    if not found.outputs:
        raise ContractError("the model has no outputs; Tears needs one named output per label")
    return ModelContract(signature, name, info.dtype, shape, tuple(sorted(found.outputs)))
