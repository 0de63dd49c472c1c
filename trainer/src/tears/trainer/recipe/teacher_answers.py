"""What the teacher says of a training window, in the form that the network learns to predict. Needs TensorFlow."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tears.audio.constants import WINDOW_SECONDS
from tears.audio.format import Signal
from tears.trainer.frontend import NINTHS
from tears.trainer.teachers.mn04 import Mn04
from tears.trainer.teachers.mn04_outputs import MN04_STEP_SECONDS


class WindowTeacher:
    """mn04_as for one of several processes that compose windows: it computes with one thread."""

    def __init__(self, path: Path) -> None:
        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
        self._mn04 = Mn04(path)

    def judge(self, dry: Signal) -> tuple[npt.NDArray[np.float16], ...]:
        """Judge windows without room and microphone, float32 of shape [n, 110 250].

        Returns:
            The logits of each window, float16 [n, 527], and the embedding of each ninth, float16 [n, 9, 384].
        """
        judgement = self._mn04.judge(dry)
        return judgement.logits.astype(np.float16), ninths(judgement.steps).astype(np.float16)


def ninths(steps: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Interpolate the embedding at the middle of each ninth of a window: float32 [n, t, 384] to [n, 9, 384]."""
    middles = (np.arange(NINTHS) + 0.5) * WINDOW_SECONDS / NINTHS
    # The first step is centred on the window's start.
    at = np.clip(middles / MN04_STEP_SECONDS, 0, steps.shape[1] - 1)
    before = np.minimum(at.astype(int), steps.shape[1] - 2)
    share = (at - before).astype(np.float32)[:, np.newaxis]
    return np.asarray(steps[:, before] * (1 - share) + steps[:, before + 1] * share, np.float32)
