"""A client without proto files asks our server to describe itself, finds TF Serving's names, and predicts with them."""

from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from contract.conftest import Judge
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.message_factory import GetMessageClass
from grpc_reflection.v1alpha import reflection_pb2
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

DEADLINE_SECONDS = 60.0
PREDICTION = "tensorflow.serving.PredictionService"


@pytest.fixture
def channel(our_server: str) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(our_server) as channel:
        yield channel


@pytest.fixture
def pool(channel: grpc.Channel) -> DescriptorPool:
    return DescriptorPool(ProtoReflectionDescriptorDatabase(channel))


def call(channel: grpc.Channel, pool: DescriptorPool, service: str, name: str, request: dict[str, Any]) -> Any:
    """Make an RPC, knowing only its name."""
    method = pool.FindServiceByName(service).methods_by_name[name]
    kind, reply_kind = GetMessageClass(method.input_type), GetMessageClass(method.output_type)
    rpc = channel.unary_unary(
        f"/{service}/{name}", request_serializer=kind.SerializeToString, response_deserializer=reply_kind.FromString
    )
    return rpc(ParseDict(request, kind(), descriptor_pool=pool), timeout=DEADLINE_SECONDS)


def test_the_services_are_listed(channel: grpc.Channel) -> None:
    assert set(ProtoReflectionDescriptorDatabase(channel).get_services()) == {
        "tensorflow.serving.PredictionService",
        "tensorflow.serving.ModelService",
        "grpc.health.v1.Health",
        "grpc.reflection.v1.ServerReflection",
        "grpc.reflection.v1alpha.ServerReflection",
    }


def test_every_name_number_and_type_is_the_official_one(judge: Judge, pool: DescriptorPool) -> None:
    official = judge("describe_services")
    for name, methods in official["services"].items():
        assert {
            method.name: [method.input_type.full_name, method.output_type.full_name]
            for method in pool.FindServiceByName(name).methods
        } == methods
    checked = 0
    seen: set[str] = set()
    waiting = [name for methods in official["services"].values() for pair in methods.values() for name in pair]
    waiting.append("tensorflow.serving.SignatureDefMap")
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        for field in pool.FindMessageTypeByName(name).fields:
            kind = field.message_type or field.enum_type
            ours = [field.number, field.type, field.is_repeated, field.json_name, kind.full_name if kind else None]
            assert official["messages"][name][field.name] == ours
            checked += 1
            if field.message_type:
                waiting.append(field.message_type.full_name)
    assert checked > 130


def test_a_client_that_learned_the_messages_by_reflection_can_predict(
    channel: grpc.Channel, pool: DescriptorPool
) -> None:
    tensor = {"dtype": "DT_FLOAT", "tensor_shape": {"dim": [{"size": 2}]}, "float_val": [1, 2]}
    request = {"model_spec": {"name": "sum"}, "inputs": {"a": tensor, "b": tensor}}
    reply = call(channel, pool, PREDICTION, "Predict", request)
    assert reply.DESCRIPTOR.full_name == "tensorflow.serving.PredictResponse"
    assert list(reply.outputs["sum"].float_val) == [2.0, 4.0]


def test_the_signatures_in_an_any_are_shown(channel: grpc.Channel, pool: DescriptorPool) -> None:
    request = {"model_spec": {"name": "sum"}, "metadata_field": ["signature_def"]}
    reply = call(channel, pool, PREDICTION, "GetModelMetadata", request)
    GetMessageClass(pool.FindMessageTypeByName("tensorflow.serving.SignatureDefMap"))
    shown = MessageToDict(reply, descriptor_pool=pool, preserving_proto_field_name=True)["metadata"]["signature_def"]
    assert shown["@type"] == "type.googleapis.com/tensorflow.serving.SignatureDefMap"
    assert shown["signature_def"]["serving_default"]["inputs"]["a"]["dtype"] == "DT_FLOAT"


def test_the_official_client_reads_states_and_codes_by_name(channel: grpc.Channel, pool: DescriptorPool) -> None:
    reply = call(channel, pool, "tensorflow.serving.ModelService", "GetModelStatus", {"model_spec": {"name": "sum"}})
    assert MessageToDict(reply, preserving_proto_field_name=True, always_print_fields_with_no_presence=True) == {
        "model_version_status": [
            {"version": "1", "state": "AVAILABLE", "status": {"error_code": "OK", "error_message": ""}}
        ]
    }


@pytest.mark.parametrize("package", ["grpc.reflection.v1alpha", "grpc.reflection.v1"])
def test_both_versions_of_reflection_answer_and_describe_themselves(channel: grpc.Channel, package: str) -> None:
    stream = channel.stream_stream(
        f"/{package}.ServerReflection/ServerReflectionInfo",
        request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
        response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
    )
    request = reflection_pb2.ServerReflectionRequest(file_containing_symbol=f"{package}.ServerReflection")
    (answer,) = stream(iter([request]), timeout=DEADLINE_SECONDS)
    (file,) = answer.file_descriptor_response.file_descriptor_proto
    assert f".{package}.ServerReflectionRequest".encode() in file


def test_our_own_names_are_not_shown(pool: DescriptorPool) -> None:
    with pytest.raises(KeyError):
        pool.FindMessageTypeByName("tears.tfserving.v1.ModelSpec")
