"""A small generated dataset, and the shipped model."""

import csv
from pathlib import Path

import numpy as np
import pytest
import soundfile
from support.baby_cry import baby_cry
from support.places import SHIPPED_VERSION

from tears.audio.constants import MODEL_RATE_HZ, WINDOW_SAMPLES
from tears.trainer.manifest import DatasetClip, read_manifest


@pytest.fixture(scope="session")
def model_folder() -> Path:
    """Return the folder of the shipped model's version."""
    return SHIPPED_VERSION


@pytest.fixture(scope="session")
def small_dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a folder with manifest.csv and eight clips: two cries and two other sounds in train, and as many in val."""
    folder = tmp_path_factory.mktemp("dataset")
    (folder / "clips").mkdir()
    rng = np.random.default_rng(5)
    rows = []
    for split in ("train", "val"):
        for k in range(4):
            label = "crying" if k < 2 else "other"
            sound = 9 * baby_cry() if k < 2 else rng.normal(0, 0.1, WINDOW_SAMPLES)
            path = f"clips/{split}{k}.flac"
            soundfile.write(folder / path, np.round(sound * 8000).astype(np.int16), MODEL_RATE_HZ, subtype="PCM_16")
            source = "donateacry" if label == "crying" else "esc50"
            rows.append((path, label, "cat" if k == 2 else "wind", source, f"{split}-{k}", split, "0"))
    with (folder / "manifest.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("path", "label", "category", "source", "original_recording", "split", "label_suspect"))
        writer.writerows(rows)
    return folder


@pytest.fixture(scope="session")
def small_clips(small_dataset: Path) -> list[DatasetClip]:
    """Return the training clips of the small dataset."""
    return [clip for clip in read_manifest(small_dataset) if clip.split == "train"]
