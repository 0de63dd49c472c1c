"""Replay the requests that come with a version, before the version answers any other request."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from google.protobuf.message import DecodeError, Message

from tears.model_server.catalog.catalog import Catalog
from tears.model_server.dataplane.inference.classification import classify
from tears.model_server.dataplane.inference.multi_inference import multi_inference
from tears.model_server.dataplane.inference.prediction import predict
from tears.model_server.dataplane.inference.regression import regress
from tears.model_server.engines.servable import Loader, Servable
from tears.model_server.errors import DataLossError, InvalidArgumentError, LoadError, UnimplementedError
from tears.model_server.warmup.expected_scores import check_count, check_scores, read_expected_scores
from tears.model_server.warmup.tfrecord import RecordError, read_records
from tears.tfserving.v1.model_pb2 import ModelSpec
from tears.tfserving.v1.predict_pb2 import PredictResponse
from tears.tfserving.v1.prediction_log_pb2 import PredictionLog

logger = logging.getLogger(__name__)

WARMUP_FILE: Final = Path("assets.extra", "tf_serving_warmup_requests")
MAX_RECORDS: Final = 1000


class _OneVersionCatalog(Catalog):
    """Lend one version for every spec: the requests in a file may name another version, or none."""

    def __init__(self, servable: Servable) -> None:
        super().__init__()
        self._servable = servable

    @contextmanager
    def use(self, spec: ModelSpec) -> Iterator[tuple[int, Servable]]:
        del spec
        yield 0, self._servable


def warmed(load: Loader, *, iterations: int) -> Loader:
    """Return a loader whose versions have answered their warm-up requests; a version that fails one is not loaded."""

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
    """Replay the requests in a version's folder, each at least once; most folders have none.

    Raises:
        InvalidArgumentError: A record is not a PredictionLog, or there are too many; the wording is TF Serving's.
        DataLossError: The file is not a TFRecord file, or is damaged; or an answer is not the one that the exporter
            promised, or was not given because its request is missing.
        ModelServerError: A request got this error as its answer.
    """
    path = folder / WARMUP_FILE
    expected = read_expected_scores(folder)
    if not path.exists():
        check_count(expected, 0, folder)
        return
    began_seconds = time.perf_counter()
    catalog = _OneVersionCatalog(servable)
    count = 0
    compared: set[int] = set()
    try:
        for count, record in enumerate(read_records(path), start=1):
            if count > MAX_RECORDS:
                raise InvalidArgumentError(f"Number of warmup records exceeds the maximum ({MAX_RECORDS}) at {path}")
            try:
                log = PredictionLog.FromString(record)
            except DecodeError as error:
                raise InvalidArgumentError(f"Failed to parse warmup record: number {count} from {path}") from error
            for _ in range(max(1, iterations)):
                reply = _replay(catalog, log)
                if isinstance(reply, PredictResponse) and count <= len(expected):
                    check_scores(expected[count - 1], reply, count)
                    compared.add(count)
    except RecordError as error:
        raise DataLossError(f"{error}. Please verify your warmup data is in TFRecord format.") from error
    except OSError as error:
        raise LoadError(f"{path} cannot be read: {error.strerror}") from error
    check_count(expected, len(compared), folder)
    seconds = time.perf_counter() - began_seconds
    logger.info("%d warm-up requests of %s replayed in %.1f s", count, folder, seconds)


def _replay(catalog: Catalog, log: PredictionLog) -> Message:
    """Answer a record's request; the version that the request names does not matter."""
    match log.WhichOneof("log_type"):
        case "predict_log":
            log.predict_log.request.model_spec.SetInParent()
            return predict(catalog, log.predict_log.request)
        case "predict_streamed_log" if len(log.predict_streamed_log.request) == 1:
            log.predict_streamed_log.request[0].model_spec.SetInParent()
            return predict(catalog, log.predict_streamed_log.request[0])
        case "classify_log":
            log.classify_log.request.model_spec.SetInParent()
            return classify(catalog, log.classify_log.request)
        case "regress_log":
            log.regress_log.request.model_spec.SetInParent()
            return regress(catalog, log.regress_log.request)
        case "multi_inference_log":
            return multi_inference(catalog, log.multi_inference_log.request)
        case kind:
            raise UnimplementedError(f"Unsupported log_type for warmup: {kind or 'none'}")
