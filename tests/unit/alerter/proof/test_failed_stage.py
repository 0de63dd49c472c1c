"""Which stage holds the cry up, by what waits in the two queues."""

import pytest

from tears.alerter.proof.failed_stage import FailedStage, QueueFacts, failed_stage

DONE = QueueFacts(has_group=True, is_alive=True)
NEW = QueueFacts(has_group=False)


@pytest.mark.parametrize(
    ("chunks", "windows", "stage"),
    [
        (QueueFacts(has_group=False, waiting=2), NEW, FailedStage.PREPROCESSOR),
        (QueueFacts(has_group=True, waiting=2), DONE, FailedStage.PREPROCESSOR),
        (QueueFacts(has_group=True, unfinished=1), DONE, FailedStage.PREPROCESSOR),
        (DONE, QueueFacts(has_group=False, waiting=1), FailedStage.CLASSIFIER),
        (DONE, QueueFacts(has_group=True, waiting=1), FailedStage.CLASSIFIER),
        (DONE, QueueFacts(has_group=True, unfinished=1), FailedStage.CLASSIFIER),
        (DONE, QueueFacts(has_group=True, unfinished=1, is_alive=True), FailedStage.MODEL_SERVER),
        # The preprocessor waits while too many windows do.
        (
            QueueFacts(has_group=True, waiting=2),
            QueueFacts(has_group=True, waiting=30, unfinished=2, is_alive=True),
            FailedStage.MODEL_SERVER,
        ),
        (DONE, DONE, FailedStage.UNKNOWN),
    ],
)
def test_the_last_stage_with_something_to_do_is_at_fault(
    chunks: QueueFacts, windows: QueueFacts, stage: FailedStage
) -> None:
    assert failed_stage(chunks, windows) is stage
