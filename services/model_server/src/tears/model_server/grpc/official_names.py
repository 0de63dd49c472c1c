"""Our messages described with TF Serving's names, files and services.

On the wire both are the same. Tools that ask a server to describe itself then show the names that TF Serving's
documentation uses, and can resolve the one `Any` that a reply holds. The descriptions are in a pool of their own, where
they cannot clash with the official ones.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from google.protobuf import any_pb2, descriptor_pb2, wrappers_pb2
from google.protobuf.descriptor import FileDescriptor
from google.protobuf.descriptor_database import DescriptorDatabase
from google.protobuf.descriptor_pool import DescriptorPool

from tears.tfserving.methods import METHODS

OUR_PACKAGE: Final = "tears.tfserving.v1"
_SERVING_PACKAGE: Final = "tensorflow.serving"

# Types that belong to TensorFlow, not to TF Serving, and the file that defines each.
_TENSORFLOW_FILES: Final = {
    "DataType": "tensorflow/core/framework/types.proto",
    "TensorShapeProto": "tensorflow/core/framework/tensor_shape.proto",
    "TensorProto": "tensorflow/core/framework/tensor.proto",
    "TensorInfo": "tensorflow/core/protobuf/meta_graph.proto",
    "SignatureDef": "tensorflow/core/protobuf/meta_graph.proto",
    "Example": "tensorflow/core/example/example.proto",
    **dict.fromkeys(
        ("Features", "Feature", "BytesList", "FloatList", "Int64List"), "tensorflow/core/example/feature.proto"
    ),
}
# The files whose name differs from ours.
_SERVING_FILES: Final = {
    "metadata": "apis/get_model_metadata",
    "status": "apis/get_model_status",
    "management": "apis/model_management",
    "config": "config/model_server_config",
}
_SERVICE_FILES: Final = {
    f"{_SERVING_PACKAGE}.PredictionService": "tensorflow_serving/apis/prediction_service.proto",
    f"{_SERVING_PACKAGE}.ModelService": "tensorflow_serving/apis/model_service.proto",
}
# Our codes are inside StatusProto, because the enums of one package may not share a value's name.
_OFFICIAL_CODES_FILE: Final = "tensorflow/core/protobuf/error_codes.proto"
_OUR_CODES: Final = f".{OUR_PACKAGE}.StatusProto.Code"
_OFFICIAL_CODES: Final = ".tensorflow.error.Code"


def official_pool(others: Iterable[descriptor_pb2.FileDescriptorProto]) -> DescriptorPool:
    """Return a pool with `others` and those of TF Serving's services and messages that this server supports."""
    database = DescriptorDatabase()
    for file in (*_official_files(), *others, file_proto(any_pb2.DESCRIPTOR), file_proto(wrappers_pb2.DESCRIPTOR)):
        database.Add(file)
    return DescriptorPool(database)


def file_proto(file: FileDescriptor) -> descriptor_pb2.FileDescriptorProto:
    """Return a file's description as a message."""
    proto = descriptor_pb2.FileDescriptorProto()
    file.CopyToProto(proto)
    return proto


def rename_types(message: descriptor_pb2.DescriptorProto, renamed: Callable[[str], str]) -> None:
    """Apply `renamed` to each type that a message's fields name, and to those in the messages inside it."""
    for field in message.field:
        if field.type_name:
            field.type_name = renamed(field.type_name)
    for nested in message.nested_type:
        rename_types(nested, renamed)


def _official_files() -> Iterator[descriptor_pb2.FileDescriptorProto]:
    files: dict[str, descriptor_pb2.FileDescriptorProto] = {}
    # The file of each type, by its official name.
    homes = {_OFFICIAL_CODES: _OFFICIAL_CODES_FILE, ".google.protobuf.Any": any_pb2.DESCRIPTOR.name}
    homes[".google.protobuf.Int64Value"] = wrappers_pb2.DESCRIPTOR.name

    def file_of(name: str, package: str) -> descriptor_pb2.FileDescriptorProto:
        empty = descriptor_pb2.FileDescriptorProto(name=name, package=package, syntax="proto3")
        return files.setdefault(name, empty)

    for ours in _our_files():
        for enum in ours.enum_type:
            path, package = _home(enum.name, ours.name)
            homes[f".{package}.{enum.name}"] = path
            file_of(path, package).enum_type.append(enum)
        for message in ours.message_type:
            path, package = _home(message.name, ours.name)
            homes[f".{package}.{message.name}"] = path
            if message.name == "StatusProto":
                file_of(_OFFICIAL_CODES_FILE, "tensorflow.error").enum_type.extend(message.enum_type)
                del message.enum_type[:]
            rename_types(message, _official)
            file_of(path, package).message_type.append(message)
    for method in METHODS:
        package, _, name = method.service.rpartition(".")
        file = file_of(_SERVICE_FILES[method.service], package)
        service = file.service[0] if file.service else file.service.add(name=name)
        service.method.add(
            name=method.name,
            input_type=_official(f".{method.request.DESCRIPTOR.full_name}"),
            output_type=_official(f".{method.response.DESCRIPTOR.full_name}"),
        )
    for file in files.values():
        needed = {_home_of(type_name, homes) for type_name in _types_in(file)} - {file.name}
        file.dependency.extend(sorted(needed))
        yield file


def _our_files() -> list[descriptor_pb2.FileDescriptorProto]:
    """Return our files that define the methods' messages, and the files that these import."""
    found: dict[str, FileDescriptor] = {}
    waiting = [message.DESCRIPTOR.file for method in METHODS for message in (method.request, method.response)]
    while waiting:
        file = waiting.pop()
        if file.package == OUR_PACKAGE and file.name not in found:
            found[file.name] = file
            waiting.extend(file.dependencies)
    return [file_proto(found[name]) for name in sorted(found)]


def _home(name: str, our_file: str) -> tuple[str, str]:
    """Return the official file and package of one of our types."""
    if name in _TENSORFLOW_FILES:
        return _TENSORFLOW_FILES[name], "tensorflow"
    stem = our_file.rpartition("/")[2].removesuffix(".proto")
    return f"tensorflow_serving/{_SERVING_FILES.get(stem, f'apis/{stem}')}.proto", _SERVING_PACKAGE


def _official(type_name: str) -> str:
    """Return `.tensorflow.serving.ModelSpec` for `.tears.tfserving.v1.ModelSpec`; other types stay as they are."""
    if type_name == _OUR_CODES:
        return _OFFICIAL_CODES
    prefix = f".{OUR_PACKAGE}."
    if not type_name.startswith(prefix):
        return type_name
    name = type_name.removeprefix(prefix)
    package = "tensorflow" if name.partition(".")[0] in _TENSORFLOW_FILES else _SERVING_PACKAGE
    return f".{package}.{name}"


def _types_in(file: descriptor_pb2.FileDescriptorProto) -> Iterator[str]:
    waiting: list[Any] = list(file.message_type)
    while waiting:
        message = waiting.pop()
        waiting.extend(message.nested_type)
        yield from (field.type_name for field in message.field if field.type_name)
    for service in file.service:
        for method in service.method:
            yield from (method.input_type, method.output_type)


def _home_of(type_name: str, homes: dict[str, str]) -> str:
    """Return the file of a type, which may be nested in another type."""
    while type_name not in homes:
        type_name = type_name.rpartition(".")[0]
    return homes[type_name]
