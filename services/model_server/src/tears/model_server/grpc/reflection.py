"""gRPC's server reflection, so that grpcurl and similar tools need no proto files; shows TF Serving's own names."""

import threading
from collections.abc import Iterator
from typing import Any, Final

import grpc
from google.protobuf import descriptor_pb2
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection, reflection_pb2

from tears.model_server.grpc.official_names import file_proto, official_pool, rename_types
from tears.tfserving.methods import METHODS

# Each stream occupies a thread until its caller ends it.
MAX_REFLECTION_STREAMS: Final = 4

_V1ALPHA: Final = "grpc.reflection.v1alpha"
# The same messages under another package name, which newer tools try first.
_V1: Final = "grpc.reflection.v1"


def reflection_handlers() -> list[grpc.GenericRpcHandler]:
    """Return the handlers of both versions of the service; they occupy at most `MAX_REFLECTION_STREAMS` threads."""
    services = {method.service for method in METHODS} | {"grpc.health.v1.Health"}
    services |= {f"{package}.ServerReflection" for package in (_V1ALPHA, _V1)}
    pool = official_pool([file_proto(health_pb2.DESCRIPTOR), file_proto(reflection_pb2.DESCRIPTOR), _v1_file()])
    servicer = reflection.ReflectionServicer(services, pool=pool)
    streams = threading.BoundedSemaphore(MAX_REFLECTION_STREAMS)

    def answer(requests: Iterator[Any], context: grpc.ServicerContext) -> Iterator[Any]:
        if not streams.acquire(blocking=False):
            context.abort(
                grpc.StatusCode.RESOURCE_EXHAUSTED, f"{MAX_REFLECTION_STREAMS} streams of reflection are open already"
            )
        try:
            yield from servicer.ServerReflectionInfo(requests, context)
        finally:
            streams.release()

    handler = grpc.stream_stream_rpc_method_handler(
        answer,
        request_deserializer=reflection_pb2.ServerReflectionRequest.FromString,
        response_serializer=reflection_pb2.ServerReflectionResponse.SerializeToString,
    )
    return [
        grpc.method_handlers_generic_handler(f"{package}.ServerReflection", {"ServerReflectionInfo": handler})
        for package in (_V1ALPHA, _V1)
    ]


def _v1_file() -> descriptor_pb2.FileDescriptorProto:
    """Return the description of version 1, made from that of v1alpha."""

    def renamed(type_name: str) -> str:
        return type_name.replace(f".{_V1ALPHA}.", f".{_V1}.")

    file = file_proto(reflection_pb2.DESCRIPTOR)
    file.name, file.package = "grpc/reflection/v1/reflection.proto", _V1
    for message in file.message_type:
        rename_types(message, renamed)
    for service in file.service:
        for method in service.method:
            method.input_type, method.output_type = renamed(method.input_type), renamed(method.output_type)
    return file
