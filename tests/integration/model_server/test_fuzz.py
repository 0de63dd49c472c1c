"""Malformed requests: the server stays up, takes a bounded amount of memory, and reports an error of the request."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from integration.model_server.served import port_of
from support.network.wire import field
from support.processes.service_process import ServiceProcess
from support.waiting import wait_until

from tears.model_server.grpc.server import MAX_MESSAGE_BYTES
from tears.tfserving import methods, tensors
from tears.tfserving.v1 import predict_pb2, tensor_pb2

DEADLINE_SECONDS = 60.0
MIB = 1024 * 1024
MODELS = ("cry", "half_plus_two", "sum", "echo", "loudness", "sound")
UNLIMITED = [("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1)]

# The codes of errors that are the caller's own.
CALLERS_FAULT = {
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.UNIMPLEMENTED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
}
# Random bytes might be a configuration that removes the models which later tests need.
HARMLESS = [method.path for method in methods.METHODS if method is not methods.HANDLE_RELOAD_CONFIG_REQUEST]

fuzzed = settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])


class Target:
    """A server process that is sent raw bytes."""

    def __init__(self, process: ServiceProcess, channel: grpc.Channel) -> None:
        self.process = process
        self._channel = channel

    def send(self, path: str, body: bytes, **options: Any) -> grpc.StatusCode:
        """Return the code of the answer."""
        call: grpc.UnaryUnaryMultiCallable[bytes, bytes] = self._channel.unary_unary(path)
        try:
            call(body, timeout=DEADLINE_SECONDS, **options)
        except grpc.RpcError as error:
            return error.code()
        return grpc.StatusCode.OK

    def predict(self, model: str, **inputs: tensor_pb2.TensorProto) -> grpc.StatusCode:
        request = predict_pb2.PredictRequest(model_spec={"name": model}, inputs=inputs)
        return self.send(methods.PREDICT.path, request.SerializeToString())

    def memory_bytes(self, field: str) -> int:
        """Return `VmRSS`, the memory in use, or `VmHWM`, the most in use since `forget_peak`."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition(f"{field}:")[2].split()[0]) * 1024

    def forget_peak(self) -> int:
        """Return the memory in use; the next peak is measured from there."""
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")
        return self.memory_bytes("VmRSS")


@pytest.fixture(scope="module")
def target(zoo: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    folder = tmp_path_factory.mktemp("fuzz")
    entries = (f'config {{ name: "{name}" base_path: "{zoo / name}" model_platform: "tensorflow" }}' for name in MODELS)
    (folder / "config").write_text(f"model_config_list {{ {' '.join(entries)} }}")
    arguments = [
        "--port=0",
        f"--model_config_file={folder / 'config'}",
        "--log_format=text",
        "--allow_reload_config_request",
    ]
    with (
        ServiceProcess("tears.model_server", {}, folder / "log", arguments=arguments) as process,
        grpc.insecure_channel(f"localhost:{port_of(process)}", UNLIMITED) as channel,
    ):
        target = Target(process, channel)
        yield target
        assert target.predict("sum", a=floats([2], 1.0), b=floats([2], 1.0)) is grpc.StatusCode.OK
        assert "Traceback" not in process.log()


def floats(shape: list[int], *values: float) -> tensor_pb2.TensorProto:
    return tensor_pb2.TensorProto(dtype=tensor_pb2.DT_FLOAT, tensor_shape=tensors.shape_proto(shape), float_val=values)


VALID = predict_pb2.PredictRequest(
    model_spec={"name": "sum"}, inputs={"a": floats([2], 1.0, 2.0), "b": floats([2], 3.0)}, output_filter=["sum"]
).SerializeToString()

SIZES = st.one_of(
    st.integers(-2, 4), st.sampled_from([-(2**63), -1, 2**16, 2**31 - 1, 2**31, 2**32, 2**33, 2**62, 2**63 - 1])
)
TENSORS = st.builds(
    tensor_pb2.TensorProto,
    dtype=st.one_of(st.sampled_from([tensor_pb2.DT_FLOAT, tensor_pb2.DT_STRING]), st.integers(-1, 130)),
    tensor_shape=st.builds(
        tensor_pb2.TensorShapeProto,
        dim=st.lists(st.builds(tensor_pb2.TensorShapeProto.Dim, size=SIZES), max_size=4),
        unknown_rank=st.booleans(),
    ),
    tensor_content=st.one_of(st.just(b""), st.binary(max_size=40)),
    float_val=st.lists(st.floats(width=32), max_size=3),
    int_val=st.lists(st.integers(-(2**31), 2**31 - 1), max_size=3),
    string_val=st.lists(st.binary(max_size=3), max_size=3),
    bool_val=st.lists(st.booleans(), max_size=3),
    half_val=st.lists(st.integers(-(2**31), 2**31 - 1), max_size=3),
    scomplex_val=st.lists(st.floats(width=32), max_size=3),
)


@fuzzed
@given(st.sampled_from(HARMLESS), st.binary(max_size=300))
def test_random_bytes_are_an_invalid_argument(target: Target, path: str, body: bytes) -> None:
    assert target.send(path, body) in CALLERS_FAULT


@fuzzed
@given(
    st.lists(st.tuples(st.integers(0, len(VALID) - 1), st.integers(0, 255)), min_size=1, max_size=4),
    st.integers(0, len(VALID)),
)
def test_a_damaged_request_is_answered_or_refused(target: Target, changes: list[tuple[int, int]], length: int) -> None:
    body = bytearray(VALID)
    for place, value in changes:
        body[place] = value
    for damaged in (bytes(body), bytes(body[:length])):
        assert target.send(methods.PREDICT.path, damaged) in CALLERS_FAULT | {grpc.StatusCode.OK}


@fuzzed
@given(
    st.sampled_from(MODELS),
    st.dictionaries(st.sampled_from(["x", "a", "b", "waveform", "level", "string", "int32"]), TENSORS, max_size=3),
)
def test_random_tensors_are_answered_or_refused(
    target: Target, model: str, inputs: dict[str, tensor_pb2.TensorProto]
) -> None:
    assert target.predict(model, **inputs) in CALLERS_FAULT | {grpc.StatusCode.OK}


@fuzzed
@given(TENSORS, TENSORS)
def test_random_tensors_under_the_right_names_are_answered_or_refused(
    target: Target, one: tensor_pb2.TensorProto, other: tensor_pb2.TensorProto
) -> None:
    answers = {
        target.predict("half_plus_two", x=one),
        target.predict("loudness", level=one),
        target.predict("cry", waveform=one),
        target.predict("sound", x=one),
        target.predict("sum", a=one, b=other),
    }
    assert answers <= CALLERS_FAULT | {grpc.StatusCode.OK}


@pytest.mark.parametrize(
    "shape",
    [
        [2**62, 2**62],
        [2**31, 2**31, 4],
        [2**63 - 1],
        [2**32, 1],
        [2**26, 1],
        [-1, 1],
        [-(2**63), 1],
        [2**62, 0],
        [1] * 300,
        [0, 2**63 - 1],
        [2**31, 1],
    ],
    ids=lambda shape: str(shape)[:30],
)
def test_a_shape_that_claims_too_much_costs_nothing(target: Target, shape: list[int]) -> None:
    before = target.forget_peak()
    assert target.predict("half_plus_two", x=floats(shape, 1.0)) is grpc.StatusCode.INVALID_ARGUMENT
    assert target.predict("sum", a=floats(shape, 1.0), b=floats([2], 1.0)) is grpc.StatusCode.INVALID_ARGUMENT
    assert target.memory_bytes("VmHWM") - before < 8 * MIB


@pytest.mark.parametrize(
    ("compression", "read_bytes"),
    # A compressed message is unpacked until it is too long.
    [(grpc.Compression.NoCompression, 0), (grpc.Compression.Gzip, MAX_MESSAGE_BYTES)],
)
def test_100_mb_are_refused_before_they_are_read(
    target: Target, compression: grpc.Compression, read_bytes: int
) -> None:
    body = field(2, field(1, b"x") + field(2, field(4, bytes(100_000_000))))
    before = target.forget_peak()
    assert target.send(methods.PREDICT.path, body, compression=compression) is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert target.memory_bytes("VmHWM") - before < read_bytes + 16 * MIB


def of_tensor(content: bytes) -> bytes:
    return field(1, field(1, b"half_plus_two")) + field(2, field(1, b"x") + field(2, content))


# Each would take at least ten times its length if it were parsed.
@pytest.mark.parametrize(
    ("path", "body"),
    [
        (methods.PREDICT.path, of_tensor(field(2, field(2, b"") * 8_000_000))),
        (methods.PREDICT.path, field(2, b"") * 8_000_000),
        (methods.PREDICT.path, of_tensor(field(10, bytes(40_000_000)))),
        (methods.CLASSIFY.path, field(2, field(1, field(1, b"") * 8_000_000))),
        (methods.HANDLE_RELOAD_CONFIG_REQUEST.path, field(1, field(1, field(1, b"") * 8_000_000))),
    ],
    ids=["dimensions", "inputs", "numbers", "examples", "models"],
)
def test_a_request_that_would_grow_when_parsed_is_refused_unparsed(target: Target, path: str, body: bytes) -> None:
    before = target.forget_peak()
    assert target.send(path, body) is grpc.StatusCode.INVALID_ARGUMENT
    assert target.memory_bytes("VmHWM") - before < 4 * len(body)


def test_a_context_that_would_be_copied_into_every_example_is_refused(target: Target) -> None:
    feature = field(1, b"x") + field(2, field(1, field(1, bytes(1_000_000))))
    context = field(2, field(1, field(1, feature)))
    body = field(1, field(1, b"loudness")) + field(2, field(2, context + field(1, b"") * 10_000))
    before = target.forget_peak()
    assert target.send(methods.CLASSIFY.path, body) is grpc.StatusCode.INVALID_ARGUMENT
    assert target.memory_bytes("VmHWM") - before < 32 * MIB


def test_refused_requests_leave_no_memory_behind(target: Target) -> None:
    def refused_often() -> int:
        for _ in range(300):
            target.send(methods.PREDICT.path, of_tensor(field(4, bytes(100_000))))
            target.predict("half_plus_two", x=floats([2**62, 2**62], 1.0))
        return target.memory_bytes("VmRSS")

    before = refused_often()
    assert refused_often() - before < 4 * MIB


def test_large_messages_leave_nothing_behind(target: Target) -> None:
    content = bytes(MAX_MESSAGE_BYTES - 1000)
    body = of_tensor(field(2, field(2, field(1, b""))) + field(4, content))
    before = target.memory_bytes("VmRSS")
    with ThreadPoolExecutor(8) as pool:
        codes = set(pool.map(lambda _: target.send(methods.PREDICT.path, body), range(8)))
    assert codes <= {grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.RESOURCE_EXHAUSTED}
    # There were eight, and gRPC may still hold the last one when its reply arrives.
    wait_until(
        lambda: target.memory_bytes("VmRSS") - before < 2 * MAX_MESSAGE_BYTES,
        DEADLINE_SECONDS,
        describe=lambda: f"{target.memory_bytes('VmRSS')} bytes, {before} before",
    )
