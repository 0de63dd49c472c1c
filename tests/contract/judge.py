"""The independent judge: tensorflow-serving-api and TensorFlow, in a process of their own.

Reads one command a line from standard input, a JSON object, and writes one answer a line to standard output. Nothing
of ours is imported here, so each verdict about our bytes is that of the official package.
"""

import base64
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import numpy as np
import tensorflow as tf
from google.protobuf import json_format
from google.protobuf.descriptor import FieldDescriptor
from tensorflow.core.example import example_pb2, feature_pb2
from tensorflow.core.framework import tensor_pb2, tensor_shape_pb2, types_pb2
from tensorflow.core.protobuf import meta_graph_pb2, saved_model_pb2
from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    get_model_status_pb2,
    inference_pb2,
    input_pb2,
    model_management_pb2,
    model_pb2,
    model_service_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2,
    prediction_service_pb2_grpc,
    regression_pb2,
    status_pb2,
)
from tensorflow_serving.config import (
    file_system_storage_path_source_pb2,
    log_collector_config_pb2,
    logging_config_pb2,
    model_server_config_pb2,
)

DEADLINE_SECONDS = 60.0
MODULES = (
    tensor_pb2,
    tensor_shape_pb2,
    meta_graph_pb2,
    saved_model_pb2,
    example_pb2,
    feature_pb2,
    model_pb2,
    predict_pb2,
    input_pb2,
    classification_pb2,
    regression_pb2,
    inference_pb2,
    get_model_metadata_pb2,
    get_model_status_pb2,
    status_pb2,
    model_management_pb2,
    model_server_config_pb2,
    file_system_storage_path_source_pb2,
    logging_config_pb2,
    log_collector_config_pb2,
)
TYPES = {name: getattr(module, name) for module in MODULES for name in module.DESCRIPTOR.message_types_by_name}
STUBS = {
    "Classify": prediction_service_pb2_grpc.PredictionServiceStub,
    "Regress": prediction_service_pb2_grpc.PredictionServiceStub,
    "Predict": prediction_service_pb2_grpc.PredictionServiceStub,
    "MultiInference": prediction_service_pb2_grpc.PredictionServiceStub,
    "GetModelMetadata": prediction_service_pb2_grpc.PredictionServiceStub,
    "GetModelStatus": model_service_pb2_grpc.ModelServiceStub,
    "HandleReloadConfigRequest": model_service_pb2_grpc.ModelServiceStub,
}
SERVICES = {
    service.full_name: service
    for module in (prediction_service_pb2, model_service_pb2)
    for service in module.DESCRIPTOR.services_by_name.values()
}


def parse(kind: str, content: str) -> dict[str, Any]:
    """Return what the official class reads in the bytes, and the bytes that it writes for that."""
    message = TYPES[kind].FromString(base64.b64decode(content))
    return {"read": _plain(message), "written": _text(message)}


def compose(kind: str, fields: dict[str, Any]) -> str:
    """Return the bytes that the official class writes for these fields."""
    return _text(json_format.ParseDict(fields, TYPES[kind]()))


def describe() -> dict[str, Any]:
    """Return each field of each official message, and the values of each official enum."""
    found: dict[str, Any] = {"DataType": dict(types_pb2.DataType.items())}
    for name, message in TYPES.items():
        found[name] = {
            field.name: [field.number, field.type, field.is_repeated, field.json_name]
            for field in message.DESCRIPTOR.fields
        }
        for enum in message.DESCRIPTOR.enum_types:
            found[f"{name}.{enum.name}"] = {value.name: value.number for value in enum.values}
    return found


def _channel(address: str, root: str) -> grpc.Channel:
    if not root:
        return grpc.insecure_channel(address)
    return grpc.secure_channel(address, grpc.ssl_channel_credentials(root.encode()))


def describe_services() -> dict[str, Any]:
    """Return the official services with their methods, and the fields of each message that they need, by full names."""
    messages: dict[str, Any] = {}
    waiting = [
        message
        for service in SERVICES.values()
        for method in service.methods
        for message in (method.input_type, method.output_type)
    ] + [get_model_metadata_pb2.SignatureDefMap.DESCRIPTOR]
    while waiting:
        message = waiting.pop()
        if message.full_name not in messages:
            messages[message.full_name] = {field.name: _field(field) for field in message.fields}
            waiting.extend(field.message_type for field in message.fields if field.message_type is not None)
    services = {
        name: {method.name: [method.input_type.full_name, method.output_type.full_name] for method in service.methods}
        for name, service in SERVICES.items()
    }
    return {"services": services, "messages": messages}


def _field(field: FieldDescriptor) -> list[Any]:
    kind = field.message_type or field.enum_type
    return [field.number, field.type, field.is_repeated, field.json_name, kind.full_name if kind else None]


def ask(address: str, rpc: str, request: dict[str, Any], root: str = "") -> dict[str, Any]:
    """Make an RPC with the official stub; `request` is the official message as JSON, `root` a certificate to trust."""
    service = STUBS[rpc]
    descriptor = next(name for name in SERVICES if service.__name__.removesuffix("Stub") in name)
    kind = SERVICES[descriptor].methods_by_name[rpc].input_type.name
    with _channel(address, root) as channel:
        call = getattr(service(channel), rpc)
        try:
            reply = call(json_format.ParseDict(request, TYPES[kind]()), timeout=DEADLINE_SECONDS)
        except grpc.RpcError as error:
            return {"code": error.code().name, "message": error.details()}
    return {"code": "OK", "read": _plain(reply), "written": _text(reply)}


def predict(
    address: str,
    model: str,
    inputs: dict[str, list[Any]],
    dtype: str,
    reading: str,
    root: str = "",
    signature: str = "",
) -> dict[str, Any]:
    """Predict as TensorFlow's own client code does: `make_tensor_proto` in, `make_ndarray` out.

    `reading` is "content", or "fields" to have the values travel in the typed field; `root` a certificate to trust.
    Without a `signature` the server uses `serving_default`.
    """
    request = predict_pb2.PredictRequest()
    request.model_spec.name = model
    request.model_spec.signature_name = signature
    for name, values in inputs.items():
        array = np.array(values, dtype)
        tensor = tf.make_tensor_proto(array)
        if reading == "fields":
            tensor.ClearField("tensor_content")
            tensor.float_val[:] = array.reshape(-1).tolist()
        request.inputs[name].CopyFrom(tensor)
    with _channel(address, root) as channel:
        stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        reply = stub.Predict(request, timeout=DEADLINE_SECONDS)
    return {name: tf.make_ndarray(tensor).tolist() for name, tensor in reply.outputs.items()}


def read_metadata(address: str, model: str) -> dict[str, Any]:
    """Return the signatures, unpacked from the reply's `Any` by the official class."""
    request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
    request.model_spec.name = model
    with grpc.insecure_channel(address) as channel:
        stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        reply = stub.GetModelMetadata(request, timeout=DEADLINE_SECONDS)
    signatures = get_model_metadata_pb2.SignatureDefMap()
    if not reply.metadata["signature_def"].Unpack(signatures):
        raise ValueError(f"the Any holds {reply.metadata['signature_def'].type_url}")
    return _plain(signatures)


def serve(model: str, folder: str, version: int) -> int:
    """Start a server of the official servicers that runs a SavedModel with TensorFlow; return its port."""
    server = grpc.server(ThreadPoolExecutor(2))
    prediction = SavedModelServicer(model, folder, version)
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(prediction, server)
    model_service_pb2_grpc.add_ModelServiceServicer_to_server(StatusServicer(model, version), server)
    port = server.add_insecure_port("localhost:0")
    server.start()
    _servers.append(server)
    return int(port)


_servers: list[grpc.Server] = []


class SavedModelServicer(prediction_service_pb2_grpc.PredictionServiceServicer):  # type: ignore[misc]
    """Answers Predict and GetModelMetadata with one SavedModel."""

    def __init__(self, model: str, folder: str, version: int) -> None:
        self._spec = model_pb2.ModelSpec(name=model, version={"value": version})
        self._loaded = tf.saved_model.load(folder)
        with tf.io.gfile.GFile(f"{folder}/saved_model.pb", "rb") as file:
            self._graph = saved_model_pb2.SavedModel.FromString(file.read()).meta_graphs[0]

    def Predict(self, request: Any, context: Any) -> Any:  # noqa: N802 - the official name
        self._check(request, context)
        name = request.model_spec.signature_name or "serving_default"
        if name not in self._loaded.signatures:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, f'Serving signature key "{name}" not found.')
        inputs = {key: tf.constant(tf.make_ndarray(tensor)) for key, tensor in request.inputs.items()}
        reply = predict_pb2.PredictResponse(model_spec=self._spec)
        reply.model_spec.signature_name = name
        for key, value in self._loaded.signatures[name](**inputs).items():
            tensor = reply.outputs[key]
            tensor.dtype = value.dtype.as_datatype_enum
            tensor.tensor_shape.CopyFrom(value.shape.as_proto())
            tensor.float_val[:] = value.numpy().reshape(-1).tolist()
        return reply

    def GetModelMetadata(self, request: Any, context: Any) -> Any:  # noqa: N802 - the official name
        self._check(request, context)
        signatures = get_model_metadata_pb2.SignatureDefMap()
        for name, signature in self._graph.signature_def.items():
            signatures.signature_def[name].CopyFrom(signature)
        reply = get_model_metadata_pb2.GetModelMetadataResponse(model_spec=self._spec)
        reply.metadata["signature_def"].Pack(signatures)
        return reply

    def _check(self, request: Any, context: Any) -> None:
        if request.model_spec.name != self._spec.name:
            context.abort(
                grpc.StatusCode.NOT_FOUND, f"Servable not found for request: Latest({request.model_spec.name})"
            )


class StatusServicer(model_service_pb2_grpc.ModelServiceServicer):  # type: ignore[misc]
    """Answers GetModelStatus: one version is available, and one could not be loaded."""

    def __init__(self, model: str, version: int) -> None:
        self._model = model
        self._version = version

    def GetModelStatus(self, request: Any, context: Any) -> Any:  # noqa: N802 - the official name
        name = request.model_spec.name
        if name != self._model:
            context.abort(grpc.StatusCode.NOT_FOUND, f"Could not find any versions of model {name}")
        reply = get_model_status_pb2.GetModelStatusResponse()
        state = get_model_status_pb2.ModelVersionStatus
        reply.model_version_status.add(version=self._version, state=state.AVAILABLE).status.SetInParent()
        broken = reply.model_version_status.add(version=self._version + 1, state=state.END)
        broken.status.error_code = 5
        broken.status.error_message = "nothing there"
        return reply


def _plain(message: Any) -> dict[str, Any]:
    plain: dict[str, Any] = json_format.MessageToDict(message, preserving_proto_field_name=True)
    return plain


def _text(message: Any) -> str:
    return base64.b64encode(message.SerializeToString(deterministic=True)).decode()


COMMANDS = {
    command.__name__: command
    for command in (parse, compose, describe, describe_services, ask, predict, read_metadata, serve)
}


def main() -> None:
    """Answer until standard input ends."""
    for line in sys.stdin:
        command = json.loads(line)
        try:
            answer = {"answer": COMMANDS[command.pop("do")](**command)}
        except Exception as error:  # noqa: BLE001 - the test that asked must see every error
            answer = {"error": f"{type(error).__name__}: {error}"}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
