"""Requests that the gRPC server refuses, and its limits."""

import threading
from collections.abc import Iterator
from queue import SimpleQueue

import grpc
import pytest
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from integration.model_server.grpc.bare_server import REQUEST, BareServer
from integration.model_server.served import DEADLINE_SECONDS, scores
from support.network.wire import field
from support.waiting import wait_until

from tears.model_server.dataplane.admission import MAX_BYTES_IN_FLIGHT
from tears.model_server.grpc.handlers import MAX_QUESTION_BYTES
from tears.model_server.grpc.reflection import MAX_REFLECTION_STREAMS
from tears.tfserving import tensors
from tears.tfserving.methods import (
    GET_MODEL_METADATA,
    GET_MODEL_STATUS,
    HANDLE_RELOAD_CONFIG_REQUEST,
    METHODS,
    PREDICT,
)
from tears.tfserving.v1 import config_pb2, management_pb2, status_pb2, tensor_pb2
from tears.tfserving.v1.predict_pb2 import PredictRequest


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_bytes_that_are_not_a_request_are_an_invalid_argument_and_are_not_logged(
    bare: BareServer, caplog: pytest.LogCaptureFixture, method: type
) -> None:
    path, kind = method.path, method.request.DESCRIPTOR.name  # type: ignore[attr-defined]  # a Method
    expected = bare.refusal(path, b"\x0a\xff")
    assert expected == (grpc.StatusCode.INVALID_ARGUMENT, f"the request cannot be parsed as {kind}")
    assert not caplog.messages


def test_a_long_error_is_cut_between_two_characters(bare: BareServer) -> None:
    request = PredictRequest(model_spec={"name": "ä" * 2000})
    _, expected = bare.refusal(PREDICT.path, request.SerializeToString())
    whole, _, rest = expected.partition("...")
    assert rest == "TRUNCATED"
    assert f"Servable not found for request: Latest({'ä' * 2000})".startswith(whole)
    assert 1020 < len(whole.encode()) <= 1024


@pytest.mark.parametrize("method", [GET_MODEL_STATUS, GET_MODEL_METADATA], ids=lambda method: method.name)
def test_a_request_about_models_may_not_be_long(bare: BareServer, method: type) -> None:
    request = status_pb2.GetModelStatusRequest(model_spec={"name": "x" * MAX_QUESTION_BYTES})
    code, expected = bare.refusal(method.path, request.SerializeToString())  # type: ignore[attr-defined]  # a Method
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert f"more than {MAX_QUESTION_BYTES} bytes" in expected


def test_requests_are_refused_while_others_fill_the_memory_but_requests_about_models_are_not(bare: BareServer) -> None:
    servable = bare.loader.loaded[0]
    servable.go.clear()
    # It counts twice: as it came, and as it is parsed.
    body = REQUEST.SerializeToString() + field(15, bytes(60 * 1024 * 1024))  # an unknown field
    assert MAX_BYTES_IN_FLIGHT / 3 < 2 * len(body) <= MAX_BYTES_IN_FLIGHT / 2
    call: grpc.UnaryUnaryMultiCallable[bytes, bytes] = bare.channel.unary_unary(PREDICT.path)
    held = [call.future(body, timeout=DEADLINE_SECONDS) for _ in range(2)]
    wait_until(lambda: bare.data_plane.admission._running == 2, DEADLINE_SECONDS)
    code, expected = bare.refusal(PREDICT.path, body)
    assert code is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert "too many to accept this one" in expected
    assert bare.client.states("cry") == {1: "AVAILABLE"}
    small = bare.client.predict_rpc.future(REQUEST, timeout=DEADLINE_SECONDS)
    wait_until(lambda: bare.data_plane.admission._running == 3, DEADLINE_SECONDS)
    servable.go.set()
    assert scores(small.result())["noise"] == [1.0]
    assert all(answer.result() for answer in held)


def test_a_value_that_fills_a_shape_counts_as_the_whole_shape(
    bare: BareServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bare.data_plane.admission, "_limit_bytes", 7_000_000)
    shape = tensors.shape_proto([250_000, 4])  # 4 MB
    waveform = tensor_pb2.TensorProto(dtype=tensor_pb2.DT_FLOAT, tensor_shape=shape, float_val=[0.25])
    request = PredictRequest(model_spec={"name": "cry"}, inputs={"waveform": waveform}, output_filter=["crying"])
    servable = bare.loader.loaded[0]
    servable.go.clear()
    held = bare.client.predict_rpc.future(request, timeout=DEADLINE_SECONDS)
    assert servable.entered.wait(DEADLINE_SECONDS)
    assert bare.data_plane.admission._running_bytes >= 4_000_000
    code, expected = bare.refusal(PREDICT.path, request.SerializeToString())
    assert (code, "too many for this one to grow" in expected) == (grpc.StatusCode.RESOURCE_EXHAUSTED, True)
    servable.go.set()
    assert tensors.shape_of(held.result().outputs["crying"]) == (250_000,)
    assert bare.data_plane.admission._running_bytes == 0


def test_reflection_streams_are_limited_and_do_not_delay_others(bare: BareServer) -> None:
    stub = reflection_pb2_grpc.ServerReflectionStub(bare.channel)
    question = reflection_pb2.ServerReflectionRequest(list_services="")
    asked: list[SimpleQueue[reflection_pb2.ServerReflectionRequest | None]] = []

    def stream() -> Iterator[reflection_pb2.ServerReflectionResponse]:
        questions: SimpleQueue[reflection_pb2.ServerReflectionRequest | None] = SimpleQueue()
        questions.put(question)
        asked.append(questions)
        answers: Iterator[reflection_pb2.ServerReflectionResponse] = stub.ServerReflectionInfo(
            iter(questions.get, None), timeout=DEADLINE_SECONDS
        )
        return answers

    streams = [stream() for _ in range(MAX_REFLECTION_STREAMS)]
    assert all(next(answers).list_services_response.service for answers in streams)
    with pytest.raises(grpc.RpcError) as refused:
        next(stream())
    assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert scores(bare.client.predict_rpc(REQUEST, timeout=DEADLINE_SECONDS))["noise"] == [1.0]
    for questions in asked:
        questions.put(None)
    assert [list(answers) for answers in streams] == [[]] * MAX_REFLECTION_STREAMS
    assert next(stream()).list_services_response.service
    asked[-1].put(None)


def test_an_open_reflection_stream_does_not_delay_draining(bare: BareServer) -> None:
    stub = reflection_pb2_grpc.ServerReflectionStub(bare.channel)
    questions: SimpleQueue[reflection_pb2.ServerReflectionRequest | None] = SimpleQueue()
    questions.put(reflection_pb2.ServerReflectionRequest(list_services=""))
    answers = stub.ServerReflectionInfo(iter(questions.get, None), timeout=DEADLINE_SECONDS)
    next(answers)
    draining = threading.Thread(target=bare.server.drain, args=[10 * DEADLINE_SECONDS])
    draining.start()
    draining.join(DEADLINE_SECONDS)
    assert not draining.is_alive()
    questions.put(None)


def test_a_request_that_cannot_be_parsed_is_counted(bare: BareServer) -> None:
    bare.client.predict_rpc(REQUEST, timeout=DEADLINE_SECONDS)
    bare.refusal(PREDICT.path, b"\x0a\xff")
    page = bare.metrics.page().decode()
    assert 'request_count{model_name="cry",status="OK"} 1' in page
    assert 'request_count{model_name="",status="INVALID_ARGUMENT"} 1' in page


CONFIGS = st.builds(
    config_pb2.ModelConfig,
    name=st.sampled_from(["cry", "dog", "", "/", "a" * 300]),
    base_path=st.sampled_from(["", "/nowhere", "relative", "\0", "/" * 5000]),
    model_platform=st.sampled_from(["tensorflow", "", "caffe"]),
    model_type=st.integers(-1, 3),
    version_labels=st.dictionaries(st.text(max_size=3), st.integers(-(2**63), 2**63 - 1), max_size=2),
    model_version_policy=st.builds(
        config_pb2.FileSystemStoragePathSourceConfig.ServableVersionPolicy,
        specific=st.builds(
            config_pb2.FileSystemStoragePathSourceConfig.ServableVersionPolicy.Specific,
            versions=st.lists(st.integers(-(2**63), 2**63 - 1), max_size=2),
        ),
    ),
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(CONFIGS, max_size=3))
def test_random_configurations_are_accepted_or_refused_and_the_next_good_one_is_served(
    bare: BareServer, configs: list[config_pb2.ModelConfig]
) -> None:
    reload = HANDLE_RELOAD_CONFIG_REQUEST.on(bare.channel)
    wanted = config_pb2.ModelServerConfig(model_config_list=config_pb2.ModelConfigList(config=configs))
    try:
        reload(management_pb2.ReloadConfigRequest(config=wanted), timeout=DEADLINE_SECONDS)
    except grpc.RpcError as error:
        assert error.code() in {  # noqa: PT017 - what it is not is what matters
            grpc.StatusCode.INVALID_ARGUMENT,
            grpc.StatusCode.FAILED_PRECONDITION,
            grpc.StatusCode.UNKNOWN,  # TF Serving's code for a model that did not become available
        }
    reload(management_pb2.ReloadConfigRequest(config=bare.config("cry")), timeout=DEADLINE_SECONDS)
    assert scores(bare.client.predict_rpc(REQUEST, timeout=DEADLINE_SECONDS))["noise"] == [1.0]
