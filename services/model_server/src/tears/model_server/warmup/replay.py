"""Warm-up: a version answers the requests that came with it before it answers anybody else's."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from google.protobuf.message import DecodeError

from tears.model_server.catalog.catalog import Catalog
from tears.model_server.dataplane.classification import classify
from tears.model_server.dataplane.multi_inference import multi_inference
from tears.model_server.dataplane.prediction import predict
from tears.model_server.dataplane.regression import regress
from tears.model_server.engines.servable import Loader, Servable
from tears.model_server.errors import DataLossError, InvalidArgumentError, LoadError, UnimplementedError
from tears.model_server.warmup.tfrecord import read_records
from tears.tfserving.v1.model_pb2 import ModelSpec
from tears.tfserving.v1.predict_pb2 import PredictRequest
from tears.tfserving.v1.prediction_log_pb2 import PredictionLog

logger = logging.getLogger(__name__)

WARMUP_FILE: Final = Path("assets.extra", "tf_serving_warmup_requests")
MAX_RECORDS: Final = 1000


class _Rehearsal(Catalog):
    """Lends one version, whatever is asked for: the requests in a file may name another, or none."""

    def __init__(self, servable: Servable) -> None:
        super().__init__()
        self._servable = servable

    @contextmanager
    def use(self, spec: ModelSpec) -> Iterator[tuple[int, Servable]]:
        del spec
        yield 0, self._servable


def warmed(load: Loader, *, iterations: int) -> Loader:
    """A loader whose versions have answered their warm-up requests, each so many times; one that fails them fails."""

    def load_and_warm(folder: Path) -> Servable:
        servable = load(folder)
        try:
            warm_up(servable, folder, iterations=iterations)
        except BaseException:
            servable.close()
            raise
        return servable

    return load_and_warm


def warm_up(servable: Servable, folder: Path, *, iterations: int = 1) -> None:
    """Replays the requests that lie in a version's folder; none lie there, mostly.

    Raises:
        InvalidArgumentError: A record is no PredictionLog, or there are too many; the wording is TF Serving's.
        DataLossError: The file is no TFRecord file, or is damaged.
        ModelServerError: What a request was answered with.
    """
    path = folder / WARMUP_FILE
    if not path.exists():
        return
    began_seconds = time.perf_counter()
    rehearsal = _Rehearsal(servable)
    count = 0
    try:
        for count, record in enumerate(read_records(path), start=1):
            if count > MAX_RECORDS:
                raise InvalidArgumentError(f"Number of warmup records exceeds the maximum ({MAX_RECORDS}) at {path}")
            log = _parsed(record, count, path)
            for _ in range(iterations):
                _replay(rehearsal, log)
    except DataLossError as error:
        raise DataLossError(f"{error}. Please verify your warmup data is in TFRecord format.") from error
    except OSError as error:
        raise LoadError(f"{path} cannot be read: {error.strerror}") from error
    seconds = time.perf_counter() - began_seconds
    logger.info("%d warm-up requests of %s replayed in %.1f s", count, folder, seconds)


def _parsed(record: bytes, count: int, path: Path) -> PredictionLog:
    try:
        return PredictionLog.FromString(record)
    except DecodeError as error:
        raise InvalidArgumentError(f"Failed to parse warmup record: number {count} from {path}") from error


def _replay(rehearsal: Catalog, log: PredictionLog) -> None:
    """Answers a record's request and throws the reply away; which version the request names does not matter."""
    match log.WhichOneof("log_type"):
        case "predict_log":
            _predict(rehearsal, log.predict_log.request)
        case "predict_streamed_log" if len(log.predict_streamed_log.request) == 1:
            _predict(rehearsal, log.predict_streamed_log.request[0])
        case "classify_log":
            log.classify_log.request.model_spec.SetInParent()
            classify(rehearsal, log.classify_log.request)
        case "regress_log":
            log.regress_log.request.model_spec.SetInParent()
            regress(rehearsal, log.regress_log.request)
        case "multi_inference_log":
            multi_inference(rehearsal, log.multi_inference_log.request)
        case kind:
            raise UnimplementedError(f"Unsupported log_type for warmup: {kind or 'none'}")


def _predict(rehearsal: Catalog, request: PredictRequest) -> None:
    request.model_spec.SetInParent()
    predict(rehearsal, request)
