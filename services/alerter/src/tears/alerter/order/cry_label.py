"""Check that the model has the label that the alerter looks at."""

import logging

from tears.alerter.order.received_detection import ReceivedDetection
from tears.kit.health import Health

logger = logging.getLogger(__name__)


class CryLabelCheck:
    """Reports, once and not for each window, if the model does not have the cry label."""

    def __init__(self, cry_label: str, health: Health) -> None:
        self._cry_label = cry_label
        self._health = health
        # The labels of a model that does not have it.
        self._reported_labels: tuple[str, ...] = ()

    def check(self, detection: ReceivedDetection) -> None:
        """Look at the labels that came with a detection."""
        has_answer = bool(detection.other_labels) or detection.score is not None
        if not has_answer or detection.other_labels == self._reported_labels:
            return
        self._reported_labels = detection.other_labels
        if detection.other_labels:
            reason = f"the model has no label {self._cry_label}, but {', '.join(detection.other_labels)}"
            logger.error("%s; set TEARS_ALERTER_CRY_LABEL", reason)
            self._health.failed("model", reason)
        else:
            self._health.answered("model")
