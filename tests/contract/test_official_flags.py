"""The official client asks a server whose flags change its answers over gRPC."""

import base64
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
from contract.conftest import Judge, model_config, our_process
from support.network.certificates import Authority, ssl_config


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"), "house")


@pytest.fixture(scope="module")
def address(zoo: Path, tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("flags")
    (folder / "ssl.config").write_text(ssl_config(authority.sign("server")))
    flags = [
        model_config(zoo, folder / "config", ["cry", "sum", "loudness"]),
        f"--ssl_config_file={folder / 'ssl.config'}",
        "--enable_serialization_as_tensor_content",
        "--grpc_channel_arguments=grpc.max_connection_age_ms=600000,grpc.max_receive_message_length=1000000",
        "--enable_signature_method_name_check",
    ]
    with our_process(folder, *flags) as address:
        yield address


def test_a_reply_carries_tensor_content_which_tensorflow_reads(
    judge: Judge, address: str, authority: Authority
) -> None:
    asked = {"address": address, "model": "sum", "dtype": "float32", "reading": "content", "root": authority.root}
    assert judge("predict", inputs={"a": [1.5, 2.0], "b": [0.25, -2.0]}, **asked) == {"sum": [1.75, 0.0]}


def test_no_value_travels_twice(judge: Judge, address: str, authority: Authority) -> None:
    level = {"dtype": "DT_FLOAT", "tensor_shape": {"dim": [{"size": 2}]}, "float_val": [0.25, 0.75]}
    request = {"model_spec": {"name": "loudness"}, "inputs": {"level": level}}
    reply = judge("ask", address=address, rpc="Predict", request=request, root=authority.root)
    assert reply["read"]["outputs"]["level"] == {
        "dtype": "DT_FLOAT",
        "tensor_shape": {"dim": [{"size": "2"}]},
        "tensor_content": base64.b64encode(struct.pack("<2f", 0.25, 0.75)).decode(),
    }
    # TensorFlow's own layout of strings: the lengths as varints, then the bytes.
    assert base64.b64decode(reply["read"]["outputs"]["word"]["tensor_content"]) == b"\x05\x04quietloud"


def test_grpcs_own_arguments_override_ours(judge: Judge, address: str, authority: Authority) -> None:
    content = base64.b64encode(bytes(1_000_000)).decode()
    tensor = {"dtype": "DT_FLOAT", "tensor_shape": {"dim": [{"size": 250_000}]}, "tensor_content": content}
    request = {"model_spec": {"name": "sum"}, "inputs": {"a": tensor}}
    reply = judge("ask", address=address, rpc="Predict", request=request, root=authority.root)
    assert reply["code"] == "RESOURCE_EXHAUSTED"
    assert "larger than max" in reply["message"]


def test_the_methods_of_signatures_are_checked(judge: Judge, address: str, authority: Authority) -> None:
    request = {"model_spec": {"name": "sum"}}
    reply = judge("ask", address=address, rpc="Classify", request=request, root=authority.root)
    assert reply == {
        "code": "INVALID_ARGUMENT",
        "message": "Expected classification signature method_name to be tensorflow/serving/classify. "
        "Was: tensorflow/serving/predict",
    }


def test_a_client_that_does_not_trust_the_server_gets_no_answer(judge: Judge, address: str) -> None:
    reply = judge("ask", address=address, rpc="GetModelStatus", request={"model_spec": {"name": "sum"}})
    assert reply["code"] == "UNAVAILABLE"
