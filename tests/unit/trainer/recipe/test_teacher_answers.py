"""The teacher's answers for each ninth of a window."""

import numpy as np
import pytest

from tears.audio.constants import WINDOW_SECONDS
from tears.trainer.frontend import NINTHS
from tears.trainer.recipe.teacher_answers import ninths
from tears.trainer.teachers.mn04_outputs import MN04_EMBEDDING, MN04_STEP_SECONDS


def test_each_ninth_has_the_embedding_at_its_middle() -> None:
    # The embedding at each step is the step's time, so the interpolated one is the time of the ninth's middle.
    times = np.arange(16, dtype=np.float32) * MN04_STEP_SECONDS
    steps = np.repeat(times[np.newaxis, :, np.newaxis], MN04_EMBEDDING, axis=2)

    embeddings = ninths(steps)

    assert embeddings.shape == (1, NINTHS, MN04_EMBEDDING)
    middles = (np.arange(NINTHS) + 0.5) * WINDOW_SECONDS / NINTHS
    assert embeddings[0, :, 0] == pytest.approx(np.minimum(middles, times[-1]), abs=1e-5)


def test_embeddings_that_do_not_change_stay_as_they_are() -> None:
    steps = np.random.default_rng(1).normal(size=(2, 1, MN04_EMBEDDING)).astype(np.float32).repeat(16, axis=1)

    np.testing.assert_allclose(ninths(steps), steps[:, :NINTHS], rtol=1e-5)
