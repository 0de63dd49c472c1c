"""Sounds drawn from a corpus on disk."""

import csv
from pathlib import Path

import numpy as np
import pytest

from tears.audio.constants import WINDOW_SAMPLES
from tears.trainer.augmentation.corpus_sounds import CorpusSounds
from tears.trainer.corpus.yamnet_scores import CRYING_CLASSES
from tears.trainer.errors import CorpusError


def corpus_of(folder: Path, packages: list[str], lengths: list[int], crying: list[float] | None = None) -> Path:
    """Write a corpus in which segment k is a constant of 1000 * (k + 1)."""
    samples = np.zeros((len(packages), WINDOW_SAMPLES), np.int16)
    for k, length in enumerate(lengths):
        samples[k, :length] = 1000 * (k + 1)
    np.save(folder / "segments.npy", samples)
    with (folder / "segments.csv").open("w", newline="") as file:
        rows = csv.DictWriter(file, ["row", "package"])
        rows.writeheader()
        rows.writerows({"row": k, "package": package} for k, package in enumerate(packages))
    if crying is not None:
        peaks = np.zeros((len(packages), 521), np.float16)
        peaks[:, CRYING_CLASSES[1]] = crying
        np.savez(folder / "yamnet.npz", max=peaks)
    return folder


def test_a_drawn_segment_has_no_zeros_at_its_end_and_a_level_of_one(tmp_path: Path) -> None:
    sounds = CorpusSounds(corpus_of(tmp_path, ["a"], [30_000]))
    drawn = sounds.draw(np.random.default_rng(1))
    assert drawn.shape == (30_000,)
    assert drawn == pytest.approx(np.ones(30_000), rel=1e-3)


def test_a_package_of_many_segments_is_drawn_less_often_than_in_proportion(tmp_path: Path) -> None:
    sounds = CorpusSounds(corpus_of(tmp_path, ["big"] * 9 + ["small"], [5000] * 9 + [7000]))
    rng = np.random.default_rng(1)
    drawn = [len(sounds.draw(rng)) for _ in range(600)]
    assert 0.2 < np.mean(np.array(drawn) == 7000) < 0.3  # square roots of the sizes: 1 of 1 + 3


def test_a_segment_that_yamnet_surely_takes_for_crying_is_never_drawn(tmp_path: Path) -> None:
    sounds = CorpusSounds(corpus_of(tmp_path, ["a", "b"], [5000, 7000], crying=[0.92, 0.5]))
    rng = np.random.default_rng(1)
    assert {len(sounds.draw(rng)) for _ in range(50)} == {7000}


def test_a_folder_without_a_corpus_is_an_error_that_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"holds no corpus .* python -m tears\.trainer\.corpus"):
        CorpusSounds(tmp_path)


def test_a_corpus_with_fewer_lines_than_segments_is_refused(tmp_path: Path) -> None:
    corpus_of(tmp_path, ["a", "b"], [5000, 7000])
    lines = (tmp_path / "segments.csv").read_text().splitlines()
    (tmp_path / "segments.csv").write_text("\n".join(lines[:-1]))

    with pytest.raises(CorpusError, match=r"2 segments, but 1 lines of segments\.csv: make the corpus again"):
        CorpusSounds(tmp_path)
