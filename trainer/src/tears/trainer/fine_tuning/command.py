"""`tears-train --fine_tune`: adapt the shipped model to a parent's own clips, in minutes. Needs TensorFlow."""

import time
from pathlib import Path

import tensorflow as tf

from tears.own_data.labels.label_names import CRYING
from tears.own_data.scoring.verdict import VERDICT_FILE
from tears.trainer.exporting.version_folders import draft_version
from tears.trainer.fine_tuning.adapted_version import publish_adapted, write_adapted
from tears.trainer.fine_tuning.judging import judge
from tears.trainer.fine_tuning.model_card import card_of
from tears.trainer.fine_tuning.preparation import FineTuningPlan
from tears.trainer.fine_tuning.teaching import teach
from tears.trainer.fine_tuning.trainable_model import TrainableModel


def fine_tune(plan: FineTuningPlan) -> Path:
    """Carry the plan out, and return the new version's folder.

    Raises:
        TrainingError: The model cannot be used or written; the message names the cure. Nothing was written.
        OwnDataError: The clips cannot be used; the message names the cure. Nothing was written.
    """
    flags, base, parts = plan.flags, plan.base, plan.parts
    tf.keras.utils.set_random_seed(flags.seed)
    started = time.monotonic()
    model = TrainableModel(base.folder, CRYING)
    # The draft is made first: a folder that cannot be written is reported at once, not after minutes.
    with draft_version(flags.train_dir / "export") as draft:
        teach(model, parts.learnt, flags)
        verdict = judge(base, write_adapted(draft, model, base.folder), parts, plan.threshold)
        path = publish_adapted(draft, verdict, card_of(verdict, flags.data_dir))
    print(f"\n{'Better' if verdict.is_better else 'Not better'}: {verdict.reason}.")
    print(f"Saved to {path} ({VERDICT_FILE} says the same) after {time.monotonic() - started:.0f} s.")
    if verdict.is_better:
        print(f"To use it: ./tears model install {path}")
    else:
        print("The model in use is as good; more nights, or other rooms, may change that.")
    return path
