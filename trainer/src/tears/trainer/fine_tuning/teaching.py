"""Adapt a model to clips, together with sounds that it knows, so that it does not forget them. Needs TensorFlow."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import tensorflow as tf

from tears.own_data.clips.own_clips import OwnClip, read_own_clip
from tears.own_data.sounds.rehearsal import rehearsal_windows
from tears.trainer.fine_tuning.disturbance import balanced, disturbed
from tears.trainer.fine_tuning.flags import FineTuneFlags
from tears.trainer.fine_tuning.trainable_model import WINDOWS_PER_STEP, TaughtWindow, TrainableModel, train_one_pass

# Clips in one pass; if there are more, each pass draws some.
MOST_CLIPS: Final = 600
# Targets keep this distance from 0 and 1, so that scores do too.
TARGET_MARGIN: Final = 0.02
HEAD_EPOCHS: Final = 2
HEAD_RATE: Final = 1e-3
# How far the weights move towards what they have learnt (Wortsman et al. 2022, "Robust fine-tuning of zero-shot
# models"): half of the way keeps nearly all of the gain on the parent's clips, and what the model knew of others.
BLEND: Final = 0.5


def teach(model: TrainableModel, clips: Sequence[OwnClip], flags: FineTuneFlags) -> None:
    """Train the last layers, then all weights at a small rate that falls; then move back half of the way."""
    rng = np.random.default_rng([flags.seed, 1])
    samples = [read_own_clip(clip) for clip in clips]
    quiet = [one for clip, one in zip(clips, samples, strict=True) if not clip.is_crying]
    weights = balanced([clip.is_crying for clip in clips])
    count = min(len(clips), MOST_CLIPS)
    # The model must keep the scores that it gives to sounds that it knows.
    known = rehearsal_windows(max(count, WINDOWS_PER_STEP), flags.seed)
    rehearsed = [TaughtWindow(window, score, 1.0) for window, score in zip(known, model.scores(known), strict=True)]
    optimizer = tf.keras.optimizers.Adam(HEAD_RATE, clipnorm=1.0)
    step = model.step_of(model.head, optimizer)
    for epoch in range(HEAD_EPOCHS + flags.epochs):
        if epoch == HEAD_EPOCHS:
            optimizer = tf.keras.optimizers.Adam(flags.learning_rate, clipnorm=1.0)
            step = model.step_of(model.weights, optimizer)
        if epoch >= HEAD_EPOCHS:
            done = (epoch - HEAD_EPOCHS) / flags.epochs
            optimizer.learning_rate.assign(flags.learning_rate * 0.5 * (1 + np.cos(np.pi * done)))
        windows = list(rehearsed)
        for k in rng.permutation(len(clips))[:count]:
            target = 1 - TARGET_MARGIN if clips[k].is_crying else TARGET_MARGIN
            background = quiet[int(rng.integers(len(quiet)))] if clips[k].is_crying else None
            windows.append(TaughtWindow(disturbed(samples[k], background, rng), target, weights[k]))
        loss = train_one_pass(step, windows, rng)
        what = "last layers" if epoch < HEAD_EPOCHS else "all weights"
        print(f"Epoch {epoch + 1} of {HEAD_EPOCHS + flags.epochs}, {what}: cross entropy {loss:.4f}", flush=True)
    model.blend(BLEND)
