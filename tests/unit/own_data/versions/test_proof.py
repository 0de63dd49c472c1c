"""The files by which a server finds out that a version is damaged."""

import json
import subprocess
from pathlib import Path

from tears.own_data.versions.proof import write_checksums, write_expected_scores


def test_the_checksums_are_those_of_sha256sum(tmp_path: Path) -> None:
    (tmp_path / "variables").mkdir()
    (tmp_path / "variables" / "index").write_bytes(b"1")
    (tmp_path / "model.tflite").write_bytes(b"2")
    for name in ("MODEL_CARD.md", "figures.json"):  # may be written again
        (tmp_path / name).write_bytes(b"3")
    for _ in range(2):  # the second time the list itself is there
        write_checksums(tmp_path)
        check = ["sha256sum", "--check", "--strict", "SHA256SUMS"]
        ended = subprocess.run(check, cwd=tmp_path, capture_output=True, text=True, check=True)
        assert ended.stdout == "model.tflite: OK\nvariables/index: OK\n"


def test_the_expected_scores_are_one_line_for_each_request(tmp_path: Path) -> None:
    write_expected_scores(tmp_path, [{"crying": 0.12345678, "quiet": 0.9}, {"crying": 1.0, "quiet": 0.0}])
    text = (tmp_path / "expected_scores.json").read_text()
    assert json.loads(text) == [{"crying": 0.123457, "quiet": 0.9}, {"crying": 1.0, "quiet": 0.0}]
    assert text.count("\n") == 4
