"""`tears-train --fine_tune`: adapt the shipped model to a parent's own clips, in minutes. Needs TensorFlow."""

import functools
import time
from pathlib import Path

import tensorflow as tf

from tears.own_data.labels.label_names import CRYING
from tears.own_data.scoring.verdict import VERDICT_FILE, ModelVerdict
from tears.trainer.errors import WriteError
from tears.trainer.exporting.version_folders import draft_version
from tears.trainer.fine_tuning.adapted_version import publish_adapted, write_adapted
from tears.trainer.fine_tuning.judging import judge
from tears.trainer.fine_tuning.model_card import card_of
from tears.trainer.fine_tuning.preparation import FineTuningPlan
from tears.trainer.fine_tuning.spare_place import export_elsewhere
from tears.trainer.fine_tuning.teaching import teach
from tears.trainer.fine_tuning.trainable_model import TrainableModel


def fine_tune(plan: FineTuningPlan) -> Path:
    """Carry the plan out, and return the new version's folder.

    Raises:
        TrainingError: The model cannot be used; the message names the cure. Nothing was written.
        WriteError: The disk did not take the new version; the message says where it is instead.
        OwnDataError: The clips cannot be used; the message names the cure. Nothing was written.
    """
    flags, base, parts = plan.flags, plan.base, plan.parts
    tf.keras.utils.set_random_seed(flags.seed)
    started = time.monotonic()
    model = TrainableModel(base.folder, CRYING)
    # The draft is made first: a folder that cannot be written is reported at once, not after minutes.
    with draft_version(flags.train_dir / "export") as draft:
        teach(model, parts.learnt, flags)
        try:
            path, verdict = _export(plan, model, draft)
            failure = None
        except WriteError as error:
            failure = error
    if failure:
        path, verdict = export_elsewhere(functools.partial(_export, plan, model), failure)
    print(f"\n{'Better' if verdict.is_better else 'Not better'}: {verdict.reason}.")
    print(f"Saved to {path} ({VERDICT_FILE} says the same) after {time.monotonic() - started:.0f} s.")
    if verdict.is_better:
        print(f"To use it: ./tears model install {path}")
    else:
        print("The model in use is as good; more nights, or other rooms, may change that.")
    if failure:
        raise WriteError(f"{failure}. The adapted model is in {path} instead")
    return path


def _export(plan: FineTuningPlan, model: TrainableModel, draft: Path) -> tuple[Path, ModelVerdict]:
    """Write, measure and publish the adapted model; return the new version's folder and its verdict."""
    verdict = judge(plan.base, write_adapted(draft, model, plan.base.folder), plan.parts, plan.threshold)
    return publish_adapted(draft, verdict, card_of(verdict, plan.flags.data_dir)), verdict
