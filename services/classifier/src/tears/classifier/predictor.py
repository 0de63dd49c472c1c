"""Scores windows over gRPC, and keeps what it learned of the model up to date."""

from __future__ import annotations

import logging
import threading

import grpc
import numpy as np

from tears.classifier.errors import ModelUnfitError, WindowRefusedError
from tears.classifier.metrics import ClassifierMetrics
from tears.classifier.settings import ClassifierSettings
from tears.classifier.grpc_status import error_of
from tears.kit.errors import KitError, SettingsError
from tears.kit.health import Health
from tears.tfserving.client import ContractError, ModelClient, ModelContract, NotANumberError, Scores
from tears.tfserving.v1 import tensor_pb2

logger = logging.getLogger(__name__)

FULL_SCALE = 32_768
WINDOW_SAMPLES = 5 * 22_050  # 110 250: 5 s at 22.05 kHz
DEPENDENCY = "model"
# Without them gRPC waits up to two minutes before it looks for a server again, and what is sent to one that has gone
# without a word, with its machine, goes into nothing until the kernel gives up, after a quarter of an hour: keep-alive
# also sets how long the kernel waits for what it has sent to be acknowledged.
CHANNEL_OPTIONS = (
    ("grpc.max_reconnect_backoff_ms", 2_000),
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 5_000),
)


def model_client(channel: grpc.Channel, settings: ClassifierSettings) -> ModelClient:
    """A client for the model that the settings name.

    Raises:
        SettingsError: they name both a version and a label.
    """
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
    """Thread-safe."""

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
        health.expect(DEPENDENCY)

    def learn(self) -> ModelContract:
        """The model's contract, asked for if it is not known.

        Raises:
            ModelAwayError: nobody answered.
            ModelUnfitError: the model is none for these windows.
        """
        with self._lock:
            if self._contract is not None:
                return self._contract
            try:
                contract = self._client.contract(self._deadline_seconds)
            except grpc.RpcError as failure:
                error = error_of(failure)
                self._health.failed(DEPENDENCY, str(error))
                raise error from failure
            except ContractError as fault:
                self._health.failed(DEPENDENCY, str(fault))
                raise ModelUnfitError(str(fault)) from fault
            logger.info(
                "the model takes %s %s and gives %s", contract.input_name, contract.input_shape, contract.labels
            )
            self._health.answered(DEPENDENCY)
            self._contract = contract
            return contract

    def predict(self, pcm: bytes) -> Scores:
        """Scores one window of int16, little endian; blocks for at most two deadlines.

        Raises:
            ModelAwayError: try again later.
            ModelUnfitError: try again when the model has been replaced.
            WindowRefusedError: never try again.
            ServerFaultError: try again, but not for ever.
        """
        contract = self.learn()
        content = _content(pcm, contract)
        try:
            with self._metrics.predict_seconds.time():
                scores = self._client.predict(contract, content, self._deadline_seconds)
        except grpc.RpcError as failure:
            error = error_of(failure)
            self._metrics.predict_failures.labels(failure.code().name).inc()
            self._forget()
            if isinstance(error, WindowRefusedError):
                if self._has_changed(contract):
                    raise ModelUnfitError(f"the model has changed under way: {error}") from failure
            else:
                self._health.failed(DEPENDENCY, str(error))
            raise error from failure
        except NotANumberError as fault:
            self._metrics.predict_failures.labels("NOT_A_NUMBER").inc()
            raise WindowRefusedError(str(fault)) from fault
        except ContractError as fault:
            self._forget()
            raise ModelUnfitError(str(fault)) from fault
        self._note(scores)
        return scores

    def _has_changed(self, contract: ModelContract) -> bool:
        """After a refusal: is another model in place than the one whose contract was kept to?"""
        try:
            return self.learn() != contract
        except KitError:
            return True

    def _forget(self) -> None:
        with self._lock:
            self._contract = None

    def _note(self, scores: Scores) -> None:
        self._health.answered(DEPENDENCY)
        if scores.version == self._version:
            return
        with self._lock:
            logger.info("model version %d answers (before: %d)", scores.version, self._version)
            self._version = scores.version
            # Another version may have other labels.
            self._contract = None
        self._metrics.model_version.set(scores.version)


def _content(pcm: bytes, contract: ModelContract) -> bytes:
    """The waveform in the model's dtype: int16 as it is, or float32 in [-1, 1)."""
    if contract.input_dtype == tensor_pb2.DT_INT16:
        return pcm
    samples = np.frombuffer(pcm, "<i2").astype(np.float32)
    samples /= FULL_SCALE
    return samples.astype("<f4", copy=False).tobytes()
