"""The guard set of the shipped model, and files that are none."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from support.taught_homes import SHIPPED

from tears.own_data.errors import GuardSetError, HeadError
from tears.own_data.teaching.guard_set import read_guard_set, write_guard_set
from tears.own_data.versions.decision_head import DecisionHead
from tears.own_data.versions.tflite_head import find_head_places, read_head, replace_head
from tears.own_data.versions.version_files import GUARD_FILE, TFLITE_FILE


def test_the_shipped_guard_set_is_that_of_the_shipped_model_and_small() -> None:
    guard = read_guard_set(SHIPPED)
    content = (SHIPPED / TFLITE_FILE).read_bytes()

    assert guard.places == find_head_places(content)
    assert np.array_equal(guard.shipped.weights, read_head(content).weights)
    assert guard.features.shape == (len(guard.is_crying), 303)
    assert guard.is_crying.sum() >= 200
    assert (SHIPPED / GUARD_FILE).stat().st_size < 400_000


def test_the_guard_set_names_nobody() -> None:
    with np.load(SHIPPED / GUARD_FILE, allow_pickle=False) as arrays:
        texts = [name for name in arrays.files if arrays[name].dtype.kind in "US"]

    assert texts == ["body_sha256"]


def test_a_guard_set_that_was_written_is_read_again(tmp_path: Path) -> None:
    guard = read_guard_set(SHIPPED)
    write_guard_set(tmp_path, guard)
    again = read_guard_set(tmp_path)

    assert np.array_equal(again.features, guard.features)
    assert (again.places, again.shipped.bias) == (guard.places, guard.shipped.bias)


def test_a_head_is_replaced_by_its_places_as_by_parsing_the_file() -> None:
    content, places = (SHIPPED / TFLITE_FILE).read_bytes(), read_guard_set(SHIPPED).places
    head = DecisionHead(np.linspace(-1, 1, 303, dtype=np.float32), 0.25, 2.0, -1.5)
    patched = places.replace(content, head)

    assert patched == replace_head(content, head)
    assert np.array_equal(places.read(patched).weights, head.weights)


def test_a_model_with_another_body_is_refused() -> None:
    content, places = bytearray((SHIPPED / TFLITE_FILE).read_bytes()), read_guard_set(SHIPPED).places
    content[-1000] ^= 1

    with pytest.raises(HeadError, match="differs in more than its head"):
        places.read(bytes(content))
    with pytest.raises(HeadError, match="shorter"):
        places.read(bytes(content[:900]))


def test_a_model_without_a_guard_set_cannot_be_taught(tmp_path: Path) -> None:
    with pytest.raises(GuardSetError, match="cannot be taught"):
        read_guard_set(tmp_path)


@pytest.mark.parametrize("damage", ["empty", "cut", "text", "nan", "one kind"])
def test_a_file_that_is_no_guard_set_is_named(damage: str, tmp_path: Path) -> None:
    shutil.copy(SHIPPED / GUARD_FILE, tmp_path)
    path = tmp_path / GUARD_FILE
    with np.load(path) as arrays:
        found = {name: arrays[name] for name in arrays.files}
    if damage == "nan":
        found["features"][3, 5] = np.nan
        np.savez(path, **found)
    elif damage == "one kind":
        found["is_crying"][:] = True
        np.savez(path, **found)
    else:
        path.write_bytes({"empty": b"", "text": b"hello", "cut": path.read_bytes()[:1000]}[damage])

    with pytest.raises(GuardSetError, match=r"guard_set\.npz is not a guard set .*copy the version again"):
        read_guard_set(tmp_path)
