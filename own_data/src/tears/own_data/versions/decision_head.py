"""The last layer of a model's decision: a weighted sum of the features, turned into a probability of crying."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from tears.own_data.errors import HeadError

Vector = npt.NDArray[np.float32]

HEAD_PARTS: Final = ("weights", "bias", "scale", "offset")


@dataclass(frozen=True, eq=False)
class DecisionHead:
    """The score of crying is sigmoid(scale * (features . weights + bias) + offset).

    Attributes:
        weights: float32 of shape [F], one for each feature.
        bias: Added to the weighted sum.
        scale: Factor of the logit. Scale and offset are those of Platt's calibration.
        offset: Added to the scaled logit.

    Raises:
        HeadError: The weights are not a vector, or a value is not a number that float32 can hold.
    """

    weights: Vector
    bias: float
    scale: float = 1.0
    offset: float = 0.0

    def __post_init__(self) -> None:
        """Round every value to float32, as a model keeps it."""
        for name in HEAD_PARTS:
            try:
                with np.errstate(over="ignore"):
                    value = np.array(getattr(self, name), np.float32)
            except (TypeError, ValueError) as error:
                raise HeadError(f"a head's {name} must be numbers ({error}); fit the head again") from error
            if value.ndim != (name == "weights") or not value.size:
                raise HeadError(
                    f"a head's {name} must be {'a vector' if name == 'weights' else 'one number'}, and this has the "
                    f"shape {list(value.shape)}; give weights [F] and one number each for bias, scale and offset"
                )
            if not np.isfinite(value).all():
                raise HeadError(f"a head's {name} must be finite numbers, and this has NaN or infinity; fit it again")
            object.__setattr__(self, name, value if value.ndim else float(value))

    def logits(self, features: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """Return the calibrated logits of crying: float32 [n, F] to float64 [n]."""
        weighted = features.astype(np.float64) @ self.weights.astype(np.float64)
        return np.asarray(self.scale * (weighted + self.bias) + self.offset, np.float64)

    def scores(self, features: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """Return the probabilities of crying: float32 [n, F] to float64 [n]."""
        return np.asarray(0.5 + 0.5 * np.tanh(self.logits(features) / 2))  # the logistic function, without overflow


def read_head_file(path: Path) -> DecisionHead:
    """Read a head from an .npz with the arrays `weights` [F], `bias`, `scale` and `offset`.

    Raises:
        HeadError: The file cannot be read, lacks an array, or has one that cannot be part of a head.
    """
    try:
        # numpy would leave a broken file open.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            parts = {name: arrays[name] for name in HEAD_PARTS}
    except (OSError, ValueError, KeyError, AttributeError, TypeError, EOFError, BadZipFile) as error:
        raise HeadError(
            f"{path} is not a head ({error}): write it with numpy.savez, with the arrays {', '.join(HEAD_PARTS)}"
        ) from error
    try:
        return DecisionHead(**parts)
    except HeadError as error:
        raise HeadError(f"{path}: {error}") from error
