"""Models trained otherwise than the shipped one: without a source of cries, or without a part of the recipe."""

import hashlib
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from tears.own_data.scoring.figures import auc, bootstrap_interval, recall_at_fpr
from tears.own_data.scoring.model_scorer import ModelScorer
from tears.trainer.errors import TrainingError
from tears.trainer.evaluation.clips import score_clips
from tears.trainer.evaluation.scorers import Scorer
from tears.trainer.manifest import Clip
from tears.trainer.recipe.training_windows import WINDOWS, code_of

# Sources of cries, by the beginning of their names, that are left out together.
LEFT_OUT: Final = {"donateacry": ("donateacry",), "esc50, giulbia": ("esc50", "giulbia"), "github": ("github:",)}
# Each variant has one network, which takes half the time; what the second adds is one of the ablations.
ONE_NETWORK: Final = ("--networks", "1")
# Options of the recipe, and what is gone with them.
ABLATIONS: Final = {
    "one network": (),
    "one network, without generated cries": ("--babies", "0"),
    "one network, without the teacher": ("--no-teacher",),
    "one network, without the corpus": ("--no-corpus",),
}
FALSE_POSITIVES: Final = 0.05
# What a variant is made by.
RECIPE: Final = (
    *WINDOWS,
    "trainer.speech_commands.architectures.nursery_network",
    *(f"trainer.recipe.{name}" for name in ("__main__", "calibration", "decision", "fitting", "ridge_regression")),
)


@dataclass(frozen=True)
class Workshop:
    """Where variants are trained.

    Attributes:
        dataset: Folder with manifest.csv and clips.
        folder: For the variants, a folder each; one that was trained by the same code is not trained again.
        recipe: Options of the recipe that all of them share.
    """

    dataset: Path
    folder: Path
    recipe: tuple[str, ...] = ()

    def trained(self, name: str, options: Sequence[str]) -> Path:
        """The model.tflite of a variant, trained now unless it was before.

        Raises:
            TrainingError: The recipe failed; what it said stands above.
        """
        made_of = code_of(RECIPE) + (self.dataset / "manifest.csv").read_bytes() + repr((self.recipe, options)).encode()
        key = hashlib.sha256(made_of).hexdigest()[:8]
        out = self.folder / f"{name.replace(' ', '-').replace(',', '')}-{key}"
        if not (out / "model.tflite").exists():
            # A process of its own: what TensorFlow holds goes with it.
            command = [
                sys.executable,
                "-m",
                "tears.trainer.recipe",
                "--dataset",
                str(self.dataset),
                "--out",
                str(out),
            ]
            done = subprocess.run([*command, *ONE_NETWORK, *self.recipe, *options], check=False)  # noqa: S603 (our own program)
            if done.returncode:
                raise TrainingError(f"the recipe failed for the variant {name!r} with status {done.returncode}")
        return out / "model.tflite"


def left_out_figures(workshop: Workshop, clips: Sequence[Clip], anchors: dict[str, Scorer]) -> dict[str, Any]:
    """What is heard of each source's cries by a model that was trained without it, beside the anchors.

    The threshold is that of 5 % false positives among the test split's other sounds.
    """
    others = [clip for clip in clips if clip.split == "test" and not clip.is_crying]
    found = {}
    for name, sources in LEFT_OUT.items():
        unseen = [*(clip for clip in clips if clip.is_crying and clip.source.startswith(sources)), *others]
        model = ModelScorer(workshop.trained(f"without {name}", ("--leave-out", *sources)))
        scorers: dict[str, Scorer] = {"this recipe": model} | anchors
        found[name] = {"crying": len(unseen) - len(others)} | {
            key: _recall(scorer, unseen) for key, scorer in scorers.items()
        }
    return found


def ablation_figures(workshop: Workshop, clips: Sequence[Clip]) -> dict[str, Any]:
    """The figures of the recipe's variants on clips of the validation split."""
    val = [clip for clip in clips if clip.split == "val"]
    return {name: _recall(ModelScorer(workshop.trained(name, without)), val) for name, without in ABLATIONS.items()}


def _recall(scorer: Scorer, clips: Sequence[Clip]) -> dict[str, Any]:
    labels = np.array([clip.is_crying for clip in clips])
    recordings = [clip.original_recording for clip in clips]
    scores = score_clips(scorer, clips)
    low, high = bootstrap_interval(lambda s, y: recall_at_fpr(s, y, FALSE_POSITIVES), scores, labels, recordings)
    return {
        "auc": round(auc(scores, labels), 4),
        "recall_0.01": round(recall_at_fpr(scores, labels, 0.01), 4),
        "recall_0.05": [round(recall_at_fpr(scores, labels, FALSE_POSITIVES), 4), round(low, 4), round(high, 4)],
    }
