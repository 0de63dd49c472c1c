"""A head is replaced in a model.tflite, and no other byte changes."""

import contextlib
import copy
from pathlib import Path

import flatbuffers
import numpy as np
import numpy.typing as npt
import pytest
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter
from support.head_models import SECONDS, TINY_HEAD, tiny_embed, tiny_model, tiny_version

from tears.audio.constants import WINDOW_SAMPLES
from tears.own_data.errors import HeadError
from tears.own_data.versions.decision_head import DecisionHead
from tears.own_data.versions.head_version import read_version_head, write_version_with_head
from tears.own_data.versions.tflite_head import read_head, replace_head
from tears.trainer.exporting.int16_signature import append_int16_signature
from tears.trainer.exporting.tflite_graph import read_model, write_model

OTHER = DecisionHead(np.array([0.3, 0.7, -0.9, 1.1, -1.3], np.float32), -0.7, 1.3, 0.1)
WINDOW = np.random.default_rng(4).normal(0, 0.01, (1, WINDOW_SAMPLES)).astype(np.float32)


def answers(content: bytes, signature: str) -> dict[str, npt.NDArray[np.float32]]:
    answer: dict[str, npt.NDArray[np.float32]] = Interpreter(model_content=content).get_signature_runner(signature)(
        waveform=WINDOW
    )
    return answer


def bytes_of(head: DecisionHead) -> list[bytes]:
    return [head.weights.tobytes(), *(np.float32(part).tobytes() for part in (head.bias, head.scale, head.offset))]


def test_the_head_is_read_as_it_was_written() -> None:
    read = read_head(tiny_model())

    assert bytes_of(read) == bytes_of(TINY_HEAD)


def test_only_the_bytes_of_the_head_change() -> None:
    before = tiny_model()
    after = replace_head(before, OTHER)

    blanked = [bytearray(before), bytearray(after)]
    for content, head in zip(blanked, (TINY_HEAD, OTHER), strict=True):
        for part in bytes_of(head):
            assert content.count(part) == 1
            at = content.index(part)
            content[at : at + len(part)] = bytes(len(part))
    assert blanked[0] == blanked[1]
    assert bytes_of(read_head(after)) == bytes_of(OTHER)


def test_the_old_head_put_back_gives_the_old_file() -> None:
    before = tiny_model()

    assert replace_head(replace_head(before, OTHER), read_head(before)) == before


def test_the_scores_follow_the_new_head_and_the_features_stay() -> None:
    before, after = tiny_model(), replace_head(tiny_model(), OTHER)
    features = answers(before, "embed")["features"]

    assert np.array_equal(answers(after, "embed")["features"], features)
    for content, head in ((before, TINY_HEAD), (after, OTHER)):
        scores = answers(content, "serving_default")
        assert scores["crying"].item() == pytest.approx(head.scores(features)[0], abs=1e-6)
        assert scores["other"].item() == pytest.approx(1 - head.scores(features)[0], abs=1e-6)


def test_a_head_with_another_number_of_weights_is_refused() -> None:
    with pytest.raises(HeadError, match=r"the new head has 2 weights, and the model's has 5: fit it to the features"):
        replace_head(tiny_model(), DecisionHead(np.ones(2, np.float32), 0.0))


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "does not begin as one"),
        (b"no model at all", "does not begin as one"),
        (tiny_embed(), "has no tensor head/weights"),
        (tiny_model()[:600], "is damaged"),
        (tiny_model().replace(b"head/bias", b"head/mass"), "has no tensor head/bias"),
    ],
    ids=["empty", "text", "no head", "cut off", "another name"],
)
def test_a_file_without_a_head_is_refused_with_the_cure(content: bytes, complaint: str) -> None:
    with pytest.raises(HeadError, match=complaint) as caught:
        replace_head(content, TINY_HEAD)
    assert "export" in str(caught.value)


def test_a_head_that_shares_its_numbers_with_another_tensor_is_refused() -> None:
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(tiny_model()))
    tensors = {tensor.name: tensor for tensor in model.subgraphs[0].tensors}
    tensors[b"head/scale"].buffer = tensors[b"head/bias"].buffer
    builder = flatbuffers.Builder(4096)
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")

    with pytest.raises(HeadError, match=r"the tensor head/bias of this model\.tflite cannot be replaced"):
        replace_head(bytes(builder.Output()), OTHER)


def test_a_head_that_a_copy_of_the_graph_does_not_share_is_refused() -> None:
    model = read_model(append_int16_signature(tiny_model()))
    [bias] = [tensor for tensor in model.subgraphs[1].tensors if tensor.name == b"head/bias"]
    model.buffers.append(copy.deepcopy(model.buffers[bias.buffer]))
    bias.buffer = len(model.buffers) - 1

    with pytest.raises(HeadError, match=r"the tensor head/bias of this model\.tflite cannot be replaced"):
        replace_head(write_model(model), OTHER)


def test_a_damaged_file_is_refused_or_keeps_its_length() -> None:
    rng, whole = np.random.default_rng(0), tiny_model()
    for _ in range(500):
        content = bytearray(whole)
        for at in rng.integers(8, len(content), 3):
            content[at] = rng.integers(256)
        with contextlib.suppress(HeadError):
            assert len(replace_head(bytes(content), OTHER)) == len(content)


def test_a_new_version_has_the_new_head_and_what_depends_on_no_weight(tmp_path: Path) -> None:
    source, target = tiny_version(tmp_path / "1"), tmp_path / "new" / "2"

    write_version_with_head(source, OTHER, target)

    files = {str(path.relative_to(target)) for path in target.rglob("*") if path.is_file()}
    assert files == {
        "model.tflite", "labels.txt", "waveform.json", "assets.extra/tf_serving_warmup_requests", "SHA256SUMS",
    }  # fmt: skip
    assert bytes_of(read_version_head(target)) == bytes_of(OTHER)
    assert bytes_of(read_version_head(source)) == bytes_of(TINY_HEAD)
    assert target.stat().st_mode & 0o755 == 0o755
    assert [path.name for path in target.parent.iterdir()] == ["2"]


def test_a_folder_that_exists_is_left_as_it_is(tmp_path: Path) -> None:
    source = tiny_version(tmp_path / "1")
    (tmp_path / "2").mkdir()

    with pytest.raises(HeadError, match="2 exists already"):
        write_version_with_head(source, OTHER, tmp_path / "2")
    assert list((tmp_path / "2").iterdir()) == []


def test_a_refused_head_leaves_nothing_behind_and_names_the_file(tmp_path: Path) -> None:
    source = tiny_version(tmp_path / "1")
    short = DecisionHead(np.ones(SECONDS - 1, np.float32), 0.0)

    with pytest.raises(HeadError, match=r"1/model\.tflite: the new head has 4 weights"):
        write_version_with_head(source, short, tmp_path / "new" / "2")
    with pytest.raises(HeadError, match=r"missing/model\.tflite cannot be read"):
        write_version_with_head(tmp_path / "missing", OTHER, tmp_path / "new" / "2")
    assert [path.name for path in tmp_path.iterdir()] == ["1"]
