"""Asks the model server for scores over gRPC, and keeps the model's contract up to date."""

import logging
import threading

import grpc
import numpy as np

from tears.audio.constants import WINDOW_SAMPLES
from tears.classifier.errors import ModelAwayError, ModelUnfitError, ServerFaultError, WindowRefusedError
from tears.classifier.metrics import NAN_FAILURE, ClassifierMetrics
from tears.classifier.settings import ClassifierSettings
from tears.kit.backoff import Backoff
from tears.kit.clock import Clock
from tears.kit.errors import KitError, SettingsError
from tears.kit.health import Health
from tears.tfserving.client import ContractError, ModelClient, ModelContract, NotANumberError, Scores

logger = logging.getLogger(__name__)

# The model's name in /readyz.
MODEL_DEPENDENCY = "model"
MODEL_LOOK_SECONDS = 10.0
# By default gRPC may wait two minutes before it tries to connect again. And if the server's machine vanishes, requests
# are lost until the kernel gives up after a quarter of an hour. Keep-alive also bounds how long the kernel waits for an
# acknowledgement.
CLASSIFIER_CHANNEL_OPTIONS = (
    ("grpc.max_reconnect_backoff_ms", 2_000),
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 5_000),
)
# Nothing is wrong with the window: the same request may succeed later. Each status has its cure.
_STATUS_CURES = {
    grpc.StatusCode.UNAVAILABLE: "start the model server, or check TEARS_CLASSIFIER_SERVER",
    grpc.StatusCode.DEADLINE_EXCEEDED: "the server is overloaded, or TEARS_CLASSIFIER_DEADLINE_SECONDS is too short",
    grpc.StatusCode.RESOURCE_EXHAUSTED: "the server is overloaded",
    grpc.StatusCode.NOT_FOUND: "put the model in place, or check TEARS_CLASSIFIER_MODEL",
    grpc.StatusCode.FAILED_PRECONDITION: "the model is there but cannot answer this request; see the message before",
    grpc.StatusCode.UNIMPLEMENTED: "the program at this address is not a model server; check TEARS_CLASSIFIER_SERVER",
    grpc.StatusCode.UNAUTHENTICATED: "the server asks for credentials",
    grpc.StatusCode.PERMISSION_DENIED: "the server forbids the request",
    grpc.StatusCode.CANCELLED: "the connection was closed",
    grpc.StatusCode.ABORTED: "the server gave up the request",
}


def model_client(channel: grpc.Channel, settings: ClassifierSettings) -> ModelClient:
    """Return a client for the model that the settings name; raise SettingsError if they name a version and a label."""
    try:
        return ModelClient(
            channel,
            model=settings.model,
            window_samples=WINDOW_SAMPLES,
            version=settings.model_version or None,
            version_label=settings.model_label,
        )
    except ValueError as error:
        raise SettingsError(f"TEARS_CLASSIFIER_MODEL_VERSION and TEARS_CLASSIFIER_MODEL_LABEL: {error}") from error


class Predictor:
    """Scores windows. Thread-safe."""

    def __init__(
        self, client: ModelClient, deadline_seconds: float, metrics: ClassifierMetrics, health: Health
    ) -> None:
        self._client = client
        self._deadline_seconds = deadline_seconds
        self._metrics = metrics
        self._health = health
        self._contract: ModelContract | None = None
        self._version = 0
        self._lock = threading.Lock()
        health.expect(MODEL_DEPENDENCY)

    @property
    def is_starting(self) -> bool:
        """Return whether the model server may still be starting."""
        return self._health.is_starting(MODEL_DEPENDENCY)

    def learn_contract(self) -> ModelContract:
        """Return the model's contract; ask the server if it is not known.

        Raises:
            ModelAwayError: the server did not answer.
            ModelUnfitError: the model cannot score our windows.
        """
        with self._lock:
            if self._contract is not None:
                return self._contract
            try:
                contract = self._client.contract(self._deadline_seconds)
            except (grpc.RpcError, ContractError) as failure:
                error = _error_of(failure)
                self._health.failed(MODEL_DEPENDENCY, str(error))
                raise error from failure
            logger.info(
                "the model takes %s %s by %s and gives %s",
                contract.input_name,
                contract.input_shape,
                contract.signature,
                contract.labels,
            )
            self._health.answered(MODEL_DEPENDENCY)
            self._contract = contract
            return contract

    def predict(self, pcm: bytes) -> Scores:
        """Score one window of int16, little endian; block for at most five deadlines.

        Raises:
            ModelAwayError: try again later.
            ModelUnfitError: try again when the model has been replaced.
            WindowRefusedError: never try again.
            ServerFaultError: try again, but not forever.
        """
        return self._score(self.learn_contract(), pcm)

    def _score(self, contract: ModelContract, pcm: bytes, *, may_be_replaced: bool = True) -> Scores:
        """Ask for the scores; once more at once if the model was replaced by one without the signature."""
        content = contract.encode_window(np.frombuffer(pcm, "<i2"))
        try:
            with self._metrics.predict_seconds.time():
                scores = self._client.predict(contract, content, self._deadline_seconds)
        except grpc.RpcError as failure:
            self._metrics.predict_failures.labels(failure.code().name).inc()
            if may_be_replaced and failure.code() is grpc.StatusCode.FAILED_PRECONDITION:
                self._forget_contract()
                present = self.learn_contract()
                if present != contract:
                    return self._score(present, pcm, may_be_replaced=False)
            error = _error_of(failure)
            self._forget_contract()
            if isinstance(error, WindowRefusedError):
                if self._has_changed(contract):
                    raise ModelUnfitError(f"the model was replaced meanwhile: {error}") from failure
            else:
                self._health.failed(MODEL_DEPENDENCY, str(error))
            raise error from failure
        except NotANumberError as fault:
            self._metrics.predict_failures.labels(NAN_FAILURE).inc()
            raise WindowRefusedError(str(fault)) from fault
        except ContractError as fault:
            self._forget_contract()
            raise _error_of(fault) from fault
        self._note_answer(scores)
        return scores

    def _has_changed(self, contract: ModelContract) -> bool:
        """Return whether, after a refusal, the served model has another contract than the request was made for."""
        try:
            return self.learn_contract() != contract
        except KitError:
            return True

    def _forget_contract(self) -> None:
        with self._lock:
            self._contract = None

    def _note_answer(self, scores: Scores) -> None:
        self._health.answered(MODEL_DEPENDENCY)
        if scores.version == self._version:
            return
        with self._lock:
            logger.info("model version %d answers (before: %d)", scores.version, self._version)
            self._version = scores.version
            # Another version may have other labels.
            self._contract = None
        self._metrics.model_version.set(scores.version)


def watch_model(predictor: Predictor, clock: Clock, stop: threading.Event) -> None:
    """Ask for the model's contract until there is one, then look again every 10 s; block until `stop` is set.

    So /readyz is right while no window comes. Each new reason why there is no model is logged.
    """
    backoff = Backoff()
    logged = ""
    while not stop.is_set():
        try:
            predictor.learn_contract()
        except KitError as error:
            # A server that runs and has the wrong model is told at once.
            is_away = isinstance(error, ModelAwayError)
            if str(error) != logged and not (is_away and predictor.is_starting):
                logged = str(error)
                logger.warning("no model yet: %s", error)
            clock.wait(stop, backoff.next_seconds())
        else:
            backoff.reset()
            clock.wait(stop, MODEL_LOOK_SECONDS)


def _error_of(failure: grpc.RpcError | ContractError) -> KitError:
    """Return the error for a failed request: wait, never try again, or try again a few times."""
    if isinstance(failure, ContractError):
        return ModelUnfitError(str(failure))
    code, details = failure.code(), failure.details()
    if code in _STATUS_CURES:
        return ModelAwayError(f"{code.name}: {details}; {_STATUS_CURES[code]}")
    if code in {grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.OUT_OF_RANGE}:
        return WindowRefusedError(f"{code.name}: {details}")
    return ServerFaultError(f"{code.name}: {details}")
