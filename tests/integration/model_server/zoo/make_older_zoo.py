"""Make models like older releases of TensorFlow: without functions, and in TFLite without a table of signatures."""

import shutil
from pathlib import Path
from typing import Any

import tensorflow as tf
from flatbuffers import Builder, flexbuffers
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow.lite.python import schema_py_generated as schema

v1 = tf.compat.v1


def make_older_models(root: Path, three: Any) -> None:
    """Write the models below `root`; `three` takes three elements `x` and has two outputs."""
    # A file that is converted from the bare function has no signature.
    bare = tf.lite.TFLiteConverter.from_concrete_functions([three]).convert()
    _write(root / "bare" / "1", bare)
    _saved_model_of_tensorflow_1(root / "tensorflow_1" / "1")
    _counter(root / "counter" / "1")
    _write(root / "custom_op" / "1", _parser_of_examples())
    frozen, signature = _half_plus_two_frozen()
    _write(root / "frozen" / "1", frozen)
    _write(root / "frozen_with_metadata" / "1", with_metadata(frozen, {"serving_default": signature}))
    signature.inputs["x"].name = "elsewhere:0"
    _write(root / "bad_metadata" / "1", with_metadata(frozen, {"serving_default": signature}))
    _with_defaults(root / "sum" / "1", root / "sum_with_defaults" / "1")


def with_metadata(content: bytes, signatures: dict[str, Any]) -> bytes:
    """Return the TFLite file with signatures in its metadata, as TensorFlow's `set_signature_defs` wrote them."""
    packed = flexbuffers.Builder()
    with packed.Map():
        for name, signature in signatures.items():
            packed.Key(name)
            # What `String` would write, but for bytes that are not text.
            packed._WriteBlob(signature.SerializeToString(), append_zero=True, type_=flexbuffers.Type.STRING)
    model = schema.ModelT.InitFromPackedBuf(bytearray(content), 0)
    buffer = schema.BufferT()
    buffer.data = list(packed.Finish())
    metadata = schema.MetadataT()
    metadata.name, metadata.buffer = "signature_defs_metadata", len(model.buffers)
    model.buffers.append(buffer)
    model.metadata = [*(model.metadata or []), metadata]
    model.signatureDefs = None
    builder = Builder(len(content))
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _write(folder: Path, content: bytes) -> None:
    folder.mkdir(parents=True)
    (folder / "model.tflite").write_bytes(content)


def _half_plus_two_frozen() -> tuple[bytes, Any]:
    """Return half plus two of shape (1, 1) with the graph's tensor names, and the signature that belongs to it."""
    with v1.Session(graph=tf.Graph()) as session:
        x = v1.placeholder(tf.float32, [1, 1], name="x_tensor")
        y = tf.identity(x * 0.5 + 2.0, name="y_tensor")
        converter = v1.lite.TFLiteConverter.from_session(session, [x], [y])
        content: bytes = converter.convert()
        return content, v1.saved_model.predict_signature_def({"x": x}, {"y": y})


def _parser_of_examples() -> bytes:
    """Return a file that takes strings and needs an op that LiteRT lacks: the parser of tf.Examples."""
    with v1.Session(graph=tf.Graph()) as session:
        examples = v1.placeholder(tf.string, [None], name="examples")
        x = v1.parse_example(examples, {"x": v1.FixedLenFeature([1], tf.float32)})["x"]
        converter = v1.lite.TFLiteConverter.from_session(session, [examples], [x])
        converter.allow_custom_ops = True
        content: bytes = converter.convert()
        return content


def _saved_model_of_tensorflow_1(folder: Path) -> None:
    """Write half plus two of tf.Examples and of numbers, with the method names that TensorFlow 2 no longer writes."""
    with v1.Session(graph=tf.Graph()) as session:
        half, two = v1.Variable(0.5), v1.Variable(2.0)
        examples = v1.placeholder(tf.string, [None], name="tf_example")
        x = tf.identity(v1.parse_example(examples, {"x": v1.FixedLenFeature([1], tf.float32)})["x"], name="x")
        y = tf.identity(half * x + two, name="y")
        session.run(v1.global_variables_initializer())
        builder = v1.saved_model.Builder(str(folder))
        signatures = {
            "serving_default": v1.saved_model.predict_signature_def({"x": x}, {"y": y}),
            "regress_x_to_y": v1.saved_model.regression_signature_def(examples, y),
            "classify_x_to_y": v1.saved_model.classification_signature_def(examples, None, y),
        }
        builder.add_meta_graph_and_variables(session, ["serve"], signature_def_map=signatures)
        builder.save()


def _counter(folder: Path) -> None:
    """Write a variable of TensorFlow 1 with signatures that read and increase it; some have no inputs."""
    with v1.Session(graph=tf.Graph()) as session:
        counter = v1.Variable(0.0, use_resource=False)
        delta = v1.placeholder(tf.float32, [], name="delta")
        session.run(v1.global_variables_initializer())
        builder = v1.saved_model.Builder(str(folder))
        signatures = {
            "get": v1.saved_model.predict_signature_def({"unused": delta}, {"count": counter}),
            "raise": v1.saved_model.predict_signature_def({"unused": delta}, {"count": counter.assign_add(1.0)}),
            "raise_by": v1.saved_model.predict_signature_def({"delta": delta}, {"count": counter.assign_add(delta)}),
        }
        for name in ("get", "raise"):
            del signatures[name].inputs["unused"]
        builder.add_meta_graph_and_variables(session, ["serve"], signature_def_map=signatures)
        builder.save()


def _with_defaults(source: Path, folder: Path) -> None:
    """Write the sum model whose `b` is 10 if a request leaves it out."""
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("*.tflite"))
    path = folder / "saved_model.pb"
    model = saved_model_pb2.SavedModel.FromString(path.read_bytes())
    signature = model.meta_graphs[0].signature_def["serving_default"]
    signature.defaults["b"].CopyFrom(tf.make_tensor_proto([10.0, 10.0]))
    path.write_bytes(model.SerializeToString())
