"""The guard set of a model: what it must not unlearn when a home teaches it. Features only, no sound.

It ships with the model, because features of two models cannot be compared. It is made of clips that the model was not
fitted to, as they were recorded and as a microphone in a noisy room hears them.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from tears.own_data.errors import GuardSetError, HeadError
from tears.own_data.versions.decision_head import HEAD_PARTS, DecisionHead
from tears.own_data.versions.head_places import HeadPlaces
from tears.own_data.versions.version_files import GUARD_FILE

_GUARD_SET_DAMAGE: Final = (
    OSError,
    ValueError,
    KeyError,
    TypeError,
    IndexError,
    AttributeError,
    EOFError,
    BadZipFile,
    HeadError,
)


@dataclass(frozen=True, eq=False)
class GuardSet:
    """The features of clips of other homes, and the head that the model was shipped with.

    Attributes:
        features: float32 of shape [n, F].
        is_crying: bool of shape [n].
        recordings: int32 of shape [n]; rows of the same recording have the same number.
        shipped: The head that every lesson begins with, so that lessons do not add up.
        places: Where the head lies in model.tflite.
    """

    features: npt.NDArray[np.float32]
    is_crying: npt.NDArray[np.bool_]
    recordings: npt.NDArray[np.int32]
    shipped: DecisionHead
    places: HeadPlaces


def write_guard_set(version: Path, guard: GuardSet) -> None:
    """Write the guard set into a version's folder, the features in 16 bits; raises OSError."""
    parts = {f"head_{part}": np.asarray(getattr(guard.shipped, part), np.float32) for part in HEAD_PARTS}
    np.savez_compressed(
        version / GUARD_FILE,
        allow_pickle=False,
        features=guard.features.astype(np.float16),
        is_crying=guard.is_crying,
        recordings=guard.recordings,
        offsets=np.array([guard.places.offsets[part] for part in HEAD_PARTS], np.int64),
        body_sha256=np.array(guard.places.body_sha256),
        **parts,
    )


def read_guard_set(version: Path) -> GuardSet:
    """Read the guard set in a version's folder.

    Raises:
        GuardSetError: There is none, or it cannot be read.
    """
    path = version / GUARD_FILE
    if not path.is_file():
        raise GuardSetError(
            f"{path} does not exist: this model cannot be taught, because nothing says what it must not unlearn; if "
            "./tears-train has made it, run ./tears-train --fine_tune with the journal's export; else go back to the "
            "model that came with Tears"
        )
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            return _guard_set(arrays)
    except _GUARD_SET_DAMAGE as error:
        raise GuardSetError(f"{path} is not a guard set ({error}); copy the version again") from error


def _guard_set(arrays: Any) -> GuardSet:
    features = arrays["features"].astype(np.float32)
    is_crying, recordings = arrays["is_crying"].astype(bool), arrays["recordings"].astype(np.int32)
    rows, count = features.shape
    if is_crying.shape != (rows,) or recordings.shape != (rows,) or is_crying.all() or not is_crying.any():
        raise ValueError("its arrays do not fit together")
    if not np.isfinite(features).all():
        raise ValueError("a feature is not a finite number")
    shipped = DecisionHead(**{part: arrays[f"head_{part}"] for part in HEAD_PARTS})
    if len(shipped.weights) != count:
        raise ValueError(f"its head has {len(shipped.weights)} weights, and its rows {count} features")
    offsets = dict(zip(HEAD_PARTS, arrays["offsets"].tolist(), strict=True))
    return GuardSet(
        features, is_crying, recordings, shipped, HeadPlaces(offsets, count, str(arrays["body_sha256"].item()))
    )
