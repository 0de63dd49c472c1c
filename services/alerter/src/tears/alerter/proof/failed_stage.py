"""Find out which stage has not passed the cry of the self-test on, from what Redis says of its two queues. Pure.

The chunks wait in `tears:chunks:_selftest` for the preprocessor, and the windows of all rooms in `tears:windows` for
the classifier. The stage at fault is the last one that has something to do.
"""

import enum
from dataclasses import dataclass

# A consumer that lives asks Redis at least this often, also while it waits for its model server.
ALIVE_SECONDS = 12.0


class FailedStage(enum.StrEnum):
    """The part of the chain that does not work."""

    REDIS = "redis"
    PREPROCESSOR = "preprocessor"
    CLASSIFIER = "classifier"
    MODEL_SERVER = "model_server"
    # The model answers, but not that it is a cry.
    MODEL = "model"
    # Everything works, but too slowly.
    OVERLOAD = "overload"
    # The cry was lost on its way, and no stage has anything left to do.
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class QueueFacts:
    """What Redis says of one queue.

    Attributes:
        has_group: the stage has joined the queue since Redis began.
        waiting: how many entries nobody has drawn.
        unfinished: how many were drawn and not finished.
        is_alive: at least one consumer has asked for something in the last seconds.
    """

    has_group: bool
    waiting: int = 0
    unfinished: int = 0
    is_alive: bool = False

    @property
    def is_done(self) -> bool:
        """Return whether there is nothing left to do."""
        return self.has_group and not self.waiting and not self.unfinished


def failed_stage(chunks: QueueFacts, windows: QueueFacts) -> FailedStage:
    """Return the stage that holds the cry up.

    The preprocessor is only at fault if it is not held up itself: it draws nothing while too many windows wait.
    """
    if windows.waiting or windows.unfinished:
        # A classifier that lives and does not finish its windows waits for the model server.
        return FailedStage.MODEL_SERVER if windows.is_alive else FailedStage.CLASSIFIER
    return FailedStage.UNKNOWN if chunks.is_done else FailedStage.PREPROCESSOR
