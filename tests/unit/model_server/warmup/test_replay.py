"""The requests that come with a version."""

import json
from pathlib import Path

import numpy as np
import pytest
from unit.model_server.fakes import FakeLoader, FakeServable
from unit.model_server.records import write_records, write_warmup

from tears.model_server.errors import DataLossError, FailedPreconditionError, InvalidArgumentError, UnimplementedError
from tears.model_server.warmup import replay
from tears.model_server.warmup.replay import MAX_RECORDS, warm_up, warmed
from tears.tfserving import tensors
from tears.tfserving.v1 import classification_pb2, predict_pb2, prediction_log_pb2, tensor_pb2
from tears.tfserving.v1.prediction_log_pb2 import PredictionLog


def request(**spec: str) -> predict_pb2.PredictRequest:
    waveform = tensor_pb2.TensorProto(dtype=tensor_pb2.DT_FLOAT, tensor_shape=tensors.shape_proto((1, 4)))
    waveform.float_val.append(0.5)
    return predict_pb2.PredictRequest(inputs={"waveform": waveform}, **({"model_spec": spec} if spec else {}))


def log(sent: predict_pb2.PredictRequest) -> bytes:
    return PredictionLog(predict_log={"request": sent}).SerializeToString()


CLASSIFICATION = PredictionLog(classify_log=prediction_log_pb2.ClassifyLog()).SerializeToString()


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that collects the signature of each request that the fake answers."""
    names: list[str] = []
    run = FakeServable.run

    def noting_run(self: FakeServable, signature_name: str, *rest: object, **named: object) -> object:
        names.append(signature_name)
        return run(self, signature_name, *rest, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(FakeServable, "run", noting_run)
    return names


def test_a_version_without_warm_up_requests_is_ready(tmp_path: Path, runs: list[str]) -> None:
    warm_up(FakeServable(tmp_path), tmp_path)
    assert runs == []


def test_each_request_is_replayed_whatever_model_it_names(tmp_path: Path, runs: list[str]) -> None:
    write_warmup(tmp_path, [log(request()), log(request(name="another", signature_name="serving_default"))])
    warm_up(FakeServable(tmp_path), tmp_path)
    assert runs == ["serving_default"] * 2


def test_each_request_is_replayed_as_often_as_asked(tmp_path: Path, runs: list[str]) -> None:
    write_warmup(tmp_path, [log(request())])
    warm_up(FakeServable(tmp_path), tmp_path, iterations=3)
    assert len(runs) == 3


def test_a_streamed_log_with_one_request_is_replayed(tmp_path: Path, runs: list[str]) -> None:
    streamed = PredictionLog(predict_streamed_log={"request": [request()]})
    write_warmup(tmp_path, [streamed.SerializeToString()])
    warm_up(FakeServable(tmp_path), tmp_path)
    assert len(runs) == 1


def test_at_most_the_allowed_number_of_requests_is_replayed(tmp_path: Path, runs: list[str]) -> None:
    write_warmup(tmp_path, [log(request())] * MAX_RECORDS)
    warm_up(FakeServable(tmp_path), tmp_path)
    assert len(runs) == MAX_RECORDS
    path = write_warmup(tmp_path, [log(request())] * (MAX_RECORDS + 1))
    with pytest.raises(
        InvalidArgumentError, match=rf"^Number of warmup records exceeds the maximum \(1000\) at {path}$"
    ):
        warm_up(FakeServable(tmp_path), tmp_path)


def test_the_error_names_a_record_that_is_not_a_log(tmp_path: Path) -> None:
    path = write_warmup(tmp_path, [log(request()), b"malformed_record"])
    with pytest.raises(InvalidArgumentError, match=f"^Failed to parse warmup record: number 2 from {path}$"):
        warm_up(FakeServable(tmp_path), tmp_path)


def test_a_damaged_file_is_a_data_loss_error(tmp_path: Path) -> None:
    path = write_warmup(tmp_path, [log(request())])
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DataLossError, match=r"truncated record at 0 of .*\. Please verify your warmup data is in TFR"):
        warm_up(FakeServable(tmp_path), tmp_path)


@pytest.mark.parametrize(
    "unsupported",
    [
        PredictionLog(),
        PredictionLog(session_run_log=prediction_log_pb2.SessionRunLog()),
        PredictionLog(predict_streamed_log=prediction_log_pb2.PredictStreamedLog()),
    ],
)
def test_a_log_of_an_unsupported_type_is_unimplemented(tmp_path: Path, unsupported: PredictionLog) -> None:
    write_warmup(tmp_path, [unsupported.SerializeToString()])
    with pytest.raises(UnimplementedError, match=r"^Unsupported log_type for warmup: "):
        warm_up(FakeServable(tmp_path), tmp_path)


def test_a_version_that_fails_its_warm_up_is_not_loaded_and_is_closed(tmp_path: Path) -> None:
    loader = FakeLoader()
    write_warmup(tmp_path, [log(request(signature_name="absent"))])
    with pytest.raises(FailedPreconditionError, match='"absent" not found'):
        warmed(loader, iterations=1)(tmp_path)
    assert loader.loaded[0].is_closed


def test_the_loaded_servable_is_returned(tmp_path: Path) -> None:
    loader = FakeLoader()
    write_records(tmp_path / "other", [b"no warm-up"])
    assert warmed(loader, iterations=1)(tmp_path) is loader.loaded[0]
    assert not loader.loaded[0].is_closed


def expect(folder: Path, content: object) -> None:
    (folder / "expected_scores.json").write_text(json.dumps(content))


def test_a_version_that_answers_as_its_exporter_promised_is_loaded(tmp_path: Path) -> None:
    write_warmup(tmp_path, [log(request()), log(request())])
    for content in ([{"crying": 0.55, "noise": [0.45]}], [{}, {"crying": 0.5}], []):
        expect(tmp_path, content)
        warm_up(FakeServable(tmp_path), tmp_path)


@pytest.mark.parametrize("wrong", ["loud", None, True, {"value": 0.5}, [0.5, "loud"], [[0.5]]])
def test_a_promised_score_that_is_no_number_is_an_error_that_names_file_and_line(tmp_path: Path, wrong: object) -> None:
    write_warmup(tmp_path, [log(request()), log(request())])
    lines = [json.dumps(each) for each in ({"noise": 0.5, "crying": 0.5}, {"noise": 0.5, "crying": wrong})]
    path = tmp_path / "expected_scores.json"
    path.write_text("[\n" + ",\n".join(lines) + "\n]\n")
    with pytest.raises(DataLossError, match=rf"{path}, line 3: crying is .*, and not a number or a list of numbers"):
        warm_up(FakeServable(tmp_path), tmp_path)
    expect(tmp_path, [{"crying": wrong}])
    with pytest.raises(DataLossError, match=rf"{path}, line 1: crying is "):
        warm_up(FakeServable(tmp_path), tmp_path)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (
            [{"crying": 0.5}, {"crying": 0.9}],
            r"request 2 is answered with crying \[0\.5\] instead of \[0\.9\]: the model",
        ),
        # An answer of 0.5 is 0.11 off, whatever the size of the score.
        ([{"crying": 0.61}], r"request 1 is answered with crying \[0\.5\] instead of \[0\.61\]: the model"),
        ([{"noise": [0.39]}], r"request 1 is answered with noise \[0\.5\] instead of \[0\.39\]: the model"),
        ([{"crying": [0.5, 0.5]}], "request 1 is answered with crying"),
        ([{"cry": 0.5}], "request 1 is not answered with the output cry"),
        ({"crying": 0.5}, "is not a list of scores by output"),
    ],
)
def test_a_version_that_answers_something_else_is_not_loaded(tmp_path: Path, content: object, says: str) -> None:
    write_warmup(tmp_path, [log(request()), log(request())])
    expect(tmp_path, content)
    loader = FakeLoader()
    with pytest.raises(DataLossError, match=says):
        warmed(loader, iterations=1)(tmp_path)
    assert loader.loaded[0].is_closed


@pytest.mark.parametrize(
    ("records", "compared"),
    [(None, 0), ([], 0), ([log(request())], 1), ([log(request()), CLASSIFICATION], 1), ([CLASSIFICATION] * 3, 0)],
)
def test_a_version_that_lacks_requests_for_its_scores_is_not_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, records: list[bytes] | None, compared: int
) -> None:
    monkeypatch.setattr(replay, "classify", lambda *_: classification_pb2.ClassificationResponse())
    if records is not None:
        write_warmup(tmp_path, records)
    expect(tmp_path, [{"crying": 0.5}] * 2)
    says = rf"expected_scores\.json has scores for 2 warm-up requests for Predict, but only {compared} are there"
    with pytest.raises(DataLossError, match=says):
        warm_up(FakeServable(tmp_path), tmp_path, iterations=2)


def test_a_version_that_answers_nan_is_not_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_warmup(tmp_path, [log(request())])
    expect(tmp_path, [{"crying": 0.5}])
    nan = np.array([np.nan], np.float32)
    monkeypatch.setattr(FakeServable, "run", lambda *_, **__: {"crying": nan, "noise": nan})
    with pytest.raises(DataLossError, match="crying"):
        warm_up(FakeServable(tmp_path), tmp_path)


def test_what_some_server_once_answered_is_not_a_promise(tmp_path: Path) -> None:
    recorded = PredictionLog(predict_log={"request": request()})
    recorded.predict_log.response.outputs["crying"].float_val.append(0.9)
    write_warmup(tmp_path, [recorded.SerializeToString()])
    warm_up(FakeServable(tmp_path), tmp_path)
