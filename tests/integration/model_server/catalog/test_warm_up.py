"""Requests that a version answers before it is served."""

from pathlib import Path

import numpy as np
from integration.model_server.catalog.configured_server import configured_server
from integration.model_server.served import publish
from unit.model_server.records import write_warmup

from tears.tfserving import tensors
from tears.tfserving.v1 import predict_pb2, tensor_pb2
from tears.tfserving.v1.prediction_log_pb2 import PredictionLog


def warmup_log(rows: int, **spec: str) -> bytes:
    request = predict_pb2.PredictRequest(model_spec=spec)
    array = np.zeros((rows, 1), np.float32)
    request.inputs["x"].CopyFrom(tensors.from_bytes(tensor_pb2.DT_FLOAT, array.shape, array.tobytes()))
    return PredictionLog(predict_log={"request": request}).SerializeToString()


def test_a_version_answers_its_warm_up_requests_first(zoo: Path, tmp_path: Path) -> None:
    base_path = tmp_path / "m"
    publish(zoo / "half_plus_two" / "1", base_path, "1")
    write_warmup(base_path / "1", [warmup_log(1), warmup_log(3, name="another")])
    with configured_server(tmp_path, ["--num_request_iterations_for_warmup=2"], m=(base_path, "")) as served:
        log = served.process.log()
        assert log.index("2 warm-up requests of") < log.index("version 1 is available")
        assert served.answer("m")[0] == 1
        publish(zoo / "half_plus_two" / "1", base_path, ".2")
        write_warmup(base_path / ".2", [warmup_log(1, signature_name="absent")])
        (base_path / ".2").rename(base_path / "2")
        served.process.wait_for_log('version 2 cannot be served: Serving signature key "absent" not found')
        assert served.client.states("m") == {2: "END", 1: "AVAILABLE"}
        assert served.answer("m")[0] == 1


def test_warm_up_can_be_turned_off(zoo: Path, tmp_path: Path) -> None:
    base_path = tmp_path / "m"
    publish(zoo / "half_plus_two" / "1", base_path, "1")
    write_warmup(base_path / "1", [b"no log at all"])
    with configured_server(tmp_path, ["--enable_model_warmup=false"], m=(base_path, "")) as served:
        assert served.answer("m")[0] == 1
