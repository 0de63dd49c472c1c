"""Count what became of clips, and tell it to the history."""

import logging

from tears.journal.clips.clip_folder import ClipFolder
from tears.journal.clips.cutting.clip_plan import ClipPlan
from tears.journal.database.storage_faults import fault_of
from tears.journal.errors import HistoryFileError
from tears.journal.history.history_file import HistoryFile
from tears.journal.history.records import ClipState, KeptClip
from tears.journal.metrics import JournalMetrics
from tears.kit.files import reason_and_cure

logger = logging.getLogger(__name__)


def tell_history(history: HistoryFile, clip_id: str, clip: KeptClip) -> None:
    """Tell the history what became of a clip.

    What it does not take is only logged: at the next start, what lies in the folder is compared with the history.
    """
    try:
        history.set_clip(clip_id, clip)
    except HistoryFileError as error:
        logger.warning("the history does not take what became of clip %s: %s", clip_id, error)


class ClipOutcomes:
    """Notes for one folder what became of its clips."""

    def __init__(self, folder: ClipFolder, history: HistoryFile, metrics: JournalMetrics) -> None:
        """Note nothing yet."""
        self._folder = folder
        self._history = history
        self._metrics = metrics

    def count(self, plan: ClipPlan, outcome: str) -> None:
        """Count a clip by what it is of and what became of it."""
        self._metrics.clips.labels(plan.clip_of.value, outcome).inc()

    def kept(self, clip_id: str, *, from_at: float, seconds: float) -> None:
        """Tell the history that there is a clip, from when and how long."""
        tell_history(self._history, clip_id, KeptClip(state=ClipState.KEPT, from_at=from_at, seconds=seconds))

    def deleted(self, clip_id: str) -> None:
        """Tell the history that a clip was deleted."""
        tell_history(self._history, clip_id, KeptClip(state=ClipState.DELETED))

    def failed(self, plan: ClipPlan, error: Exception) -> None:
        """Count a clip that could not be written, keep the reason for the parents, and tell the history."""
        reason = reason_and_cure(error) if isinstance(error, OSError) else str(error)
        logger.warning("the clip of %s %s was not kept: %s", plan.clip_of, plan.clip_id, reason)
        self._folder.fault = fault_of(error)
        self.count(plan, "failed")
        if self._folder.find(plan.clip_id) is None:
            tell_history(self._history, plan.clip_id, KeptClip(state=ClipState.FAILED))
