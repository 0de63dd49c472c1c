import os
from pathlib import Path

import numpy as np
import pytest

from tears.trainer.corpus.segments import CorpusSegment
from tears.trainer.corpus.segments_file import SegmentsWriter
from tears.trainer.corpus.yamnet_scores import score_corpus
from tears.trainer.errors import CorpusError, TeacherError
from tears.trainer.teachers.yamnet import Yamnet

SILENCE = 494  # YAMNet's class of that name


@pytest.fixture(scope="module")
def yamnet() -> Yamnet:
    named = os.environ.get("TEARS_YAMNET")
    if not named:
        pytest.skip("TEARS_YAMNET names no yamnet.tflite to score_corpus with")
    return Yamnet(Path(named))


def test_each_segment_is_scored_alone_and_a_short_one_without_its_padding(tmp_path: Path, yamnet: Yamnet) -> None:
    hiss = np.random.default_rng(1).normal(0, 3000, 110_250).astype(np.int16)
    with SegmentsWriter(tmp_path) as writer:
        for length in (110_250, 8_000):
            writer.append(CorpusSegment(hiss[:length], 0.0, 22_050, 1), "game", "1.0", "hiss.wav", "effects", "CC0")

    assert score_corpus(tmp_path, yamnet) == []

    scores = np.load(tmp_path / "yamnet.npz")
    assert scores["rows"].tolist() == [0, 1]
    assert scores["mean"].shape == scores["max"].shape == (2, 521)
    assert scores["mean"].dtype == scores["max"].dtype == np.float16
    assert (scores["mean"] <= scores["max"]).all()
    # With its padding, most of the second segment would be silence.
    assert scores["mean"][:, SILENCE].max() < 0.1


def test_a_segment_with_a_high_score_of_crying_is_returned_with_its_row(
    tmp_path: Path, yamnet: Yamnet, monkeypatch: pytest.MonkeyPatch
) -> None:
    scores = np.zeros((3, 9, 521), np.float32)
    scores[:, 4, 20] = 0.1, 0.3, 0.9
    one_by_one = iter(scores)
    monkeypatch.setattr(yamnet, "frame_scores", lambda _: next(one_by_one))
    with SegmentsWriter(tmp_path) as writer:
        for k in range(3):
            segment = CorpusSegment(np.full(8_000, k + 1, np.int16), 0.0, 22_050, 1)
            writer.append(segment, "game", "1.0", "a.wav", "effects", "CC0")

    assert [(round(score, 1), row) for score, row in score_corpus(tmp_path, yamnet)] == [(0.9, 2), (0.3, 1)]


def test_a_folder_without_a_corpus_is_named_with_the_cure(tmp_path: Path, yamnet: Yamnet) -> None:
    with pytest.raises(CorpusError, match=r"holds no corpus .*; make one with python -m tears\.trainer\.corpus"):
        score_corpus(tmp_path, yamnet)


def test_a_file_that_is_not_yamnet_is_named_with_its_cure(tmp_path: Path) -> None:
    path = tmp_path / "yamnet.tflite"
    path.write_bytes(b"no model")
    for named in (path, tmp_path / "missing.tflite"):
        with pytest.raises(TeacherError, match=f"{named.name} cannot be read as YAMNet.*set TEARS_YAMNET"):
            Yamnet(named)
