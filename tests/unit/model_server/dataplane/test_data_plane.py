"""The steps that every request takes, over a fake engine."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest
from unit.model_server.fakes import FakeLoader

from tears.model_server.catalog.catalog import Catalog
from tears.model_server.dataplane.data_plane import DataPlane
from tears.model_server.errors import BusyError, ClosedError, DeadlineError, InvalidArgumentError, ModelServerError
from tears.model_server.metrics import REST, ServerMetrics
from tears.tfserving import tensors
from tears.tfserving.methods import GET_MODEL_METADATA, GET_MODEL_STATUS, PREDICT, Method
from tears.tfserving.v1 import metadata_pb2, status_pb2, tensor_pb2
from tears.tfserving.v1.predict_pb2 import PredictRequest

SPEC = {"name": "cry"}
SILENCE = PredictRequest(
    model_spec=SPEC, inputs={"waveform": tensors.from_bytes(tensor_pb2.DT_FLOAT, [1, 4], bytes(16))}
)
STATUS = status_pb2.GetModelStatusRequest(model_spec=SPEC)
METADATA = metadata_pb2.GetModelMetadataRequest(model_spec=SPEC, metadata_field=["signature_def"])


class FakeRequest:
    """A request that records which of its methods were called, and fails where the test wants."""

    protocol = REST
    description = "POST /predict"
    size_bytes = 16

    def __init__(self, method: Method[Any, Any], request: Any, *, remaining_seconds: float | None = None) -> None:
        self.arrived_seconds = time.perf_counter()
        self.memory_bytes = 16
        self.calls: list[str] = []
        self.fails: dict[str, Exception] = {}
        self._method = method
        self._request = request
        self._remaining_seconds = remaining_seconds

    def _note(self, call: str) -> None:
        self.calls.append(call)
        if call in self.fails:
            raise self.fails[call]

    def method(self) -> Method[Any, Any]:
        self._note("method")
        return self._method

    def estimate_memory_bytes(self, *, is_question: bool) -> int:
        self._note(f"estimate_memory_bytes, is_question={is_question}")
        return self.memory_bytes

    def parse(self) -> Any:
        self._note("parse")
        return self._request

    def remaining_seconds(self) -> float | None:
        return self._remaining_seconds

    def render(self, response: Any) -> Any:
        self._note("render")
        return response

    def metric_labels(self) -> tuple[str, str] | None:
        return "cry", "predict"


@pytest.fixture
def metrics() -> ServerMetrics:
    return ServerMetrics()


@pytest.fixture
def data_plane(catalog: Catalog, metrics: ServerMetrics) -> DataPlane:
    data_plane = DataPlane(catalog, metrics, max_requests=2)
    data_plane.gate.open()
    return data_plane


@pytest.fixture
def busy(data_plane: DataPlane) -> Iterator[DataPlane]:
    """Return a data plane that is at its limit: two other requests are in flight."""
    with ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(data_plane.admission.enter())
        yield data_plane


def test_a_request_is_weighed_before_it_is_parsed_and_rendered_last(data_plane: DataPlane) -> None:
    request = FakeRequest(PREDICT, SILENCE)
    assert data_plane.answer(request).outputs["noise"].float_val == [1.0]
    assert request.calls == ["method", "estimate_memory_bytes, is_question=False", "parse", "render"]


def test_a_request_above_the_limit_is_refused_unparsed_and_a_question_is_still_answered(busy: DataPlane) -> None:
    request = FakeRequest(PREDICT, SILENCE)
    with pytest.raises(BusyError):
        busy.answer(request)
    assert "parse" not in request.calls
    for method, question in ((GET_MODEL_STATUS, STATUS), (GET_MODEL_METADATA, METADATA)):
        assert busy.answer(FakeRequest(method, question))


def test_a_request_counts_with_its_memory_until_it_is_rendered(data_plane: DataPlane, loader: FakeLoader) -> None:
    loader.loaded[0].go.clear()
    request = FakeRequest(PREDICT, SILENCE)
    request.memory_bytes = 2**40
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(data_plane.answer, request)
        assert loader.loaded[0].entered.wait(10.0)
        try:
            with pytest.raises(BusyError, match="requests of 1099511627776 bytes are in flight"):
                data_plane.answer(FakeRequest(PREDICT, SILENCE, remaining_seconds=0.0))
        finally:
            loader.loaded[0].go.set()
        answer.result()
    data_plane.answer(FakeRequest(PREDICT, SILENCE))


def test_a_request_that_would_grow_too_much_is_refused(data_plane: DataPlane) -> None:
    shape = tensors.shape_proto([2**20, 4])  # 16 MiB, of which one value was sent
    waveform = tensor_pb2.TensorProto(dtype=tensor_pb2.DT_FLOAT, tensor_shape=shape, float_val=[0.0])
    request = FakeRequest(PREDICT, PredictRequest(model_spec=SPEC, inputs={"waveform": waveform}))
    with data_plane.admission.enter(250 * 2**20), pytest.raises(BusyError, match="too many for this one to grow"):
        data_plane.answer(request)


def test_until_models_are_loaded_a_request_waits_as_long_as_its_caller(
    catalog: Catalog, metrics: ServerMetrics
) -> None:
    data_plane = DataPlane(catalog, metrics)
    with pytest.raises(DeadlineError, match="while models were being loaded"):
        data_plane.answer(FakeRequest(PREDICT, SILENCE, remaining_seconds=0.0))
    assert data_plane.answer(FakeRequest(GET_MODEL_STATUS, STATUS))
    data_plane.gate.end()
    with pytest.raises(ClosedError):
        data_plane.answer(FakeRequest(PREDICT, SILENCE))


def test_before_models_are_loaded_questions_about_them_count_as_in_flight(
    catalog: Catalog, metrics: ServerMetrics
) -> None:
    data_plane = DataPlane(catalog, metrics, max_requests=1)
    with data_plane.admission.enter(), pytest.raises(BusyError):
        data_plane.answer(FakeRequest(GET_MODEL_METADATA, METADATA, remaining_seconds=0.0))


@pytest.mark.parametrize("step", ["method", "estimate_memory_bytes, is_question=False", "parse", "render"])
def test_every_answer_is_counted_with_its_code(data_plane: DataPlane, metrics: ServerMetrics, step: str) -> None:
    data_plane.answer(FakeRequest(PREDICT, SILENCE))
    request = FakeRequest(PREDICT, SILENCE)
    request.fails[step] = InvalidArgumentError("wrong")
    with pytest.raises(InvalidArgumentError, match=r"^wrong$"):
        data_plane.answer(request)
    page = metrics.page().decode()
    assert 'request_count{model_name="cry",status="OK"} 1' in page
    assert 'request_count{model_name="cry",status="INVALID_ARGUMENT"} 1' in page
    assert data_plane.admission._running == 0


def test_a_defect_is_logged_and_becomes_an_error_that_names_the_request(
    data_plane: DataPlane, metrics: ServerMetrics, caplog: pytest.LogCaptureFixture
) -> None:
    request = FakeRequest(PREDICT, SILENCE)
    request.fails["render"] = KeyError("crying")
    with pytest.raises(ModelServerError, match=r"^POST /predict failed: 'crying'$"):
        data_plane.answer(request)
    assert "POST /predict failed" in caplog.text
    assert 'status="INTERNAL"} 1' in metrics.page().decode()
