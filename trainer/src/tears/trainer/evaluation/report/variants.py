"""Models trained without a source of cries, or without a part of the recipe, to compare the shipped model with."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tears.own_data.scoring.model_scorer import ModelScorer
from tears.trainer.errors import TrainingError
from tears.trainer.evaluation.clip_figures import labels_of, score_clips, scorer_figures, without_intervals
from tears.trainer.evaluation.scorers import WindowScorer
from tears.trainer.manifest import DatasetClip
from tears.trainer.recipe.training_windows import WINDOW_SOURCES
from tears.trainer.source_digest import sources_of

# Sources of cries that are left out together, by the beginning of their names.
LEFT_OUT: Final = {"donateacry": ("donateacry",), "esc50, giulbia": ("esc50", "giulbia"), "github": ("github:",)}
# Each variant has one network, which takes half the time. The value of the second network is one of the ablations.
ONE_NETWORK: Final = ("--networks", "1")
# Options of the recipe that leave out a part of it.
ABLATIONS: Final = {
    "one network": (),
    "one network, without generated cries": ("--babies", "0"),
    "one network, without the teacher": ("--no-teacher",),
    "one network, without the corpus": ("--no-corpus",),
}
# The code that a variant depends on.
RECIPE_SOURCES: Final = (
    *WINDOW_SOURCES,
    "tears.trainer.recipe",
    "tears.trainer.speech_commands.architectures.nursery_network",
)


@dataclass(frozen=True)
class VariantTraining:
    """Trains variants of the recipe. A variant made by the same code is not trained again."""

    dataset: Sequence[Path]  # folders with manifest.csv and clips
    folder: Path  # in which each variant has a folder
    recipe: tuple[str, ...] = ()  # options of the recipe that all variants share

    def train(self, name: str, options: Sequence[str]) -> Path:
        """Return the model.tflite of a variant; train it if it was not trained before.

        Raises:
            TrainingError: The recipe failed; its own message is printed above.
        """
        choices = repr((self.recipe, options)).encode()
        manifests = b"".join((folder / "manifest.csv").read_bytes() for folder in self.dataset)
        made_of = sources_of(*RECIPE_SOURCES) + manifests + choices
        key = hashlib.sha256(made_of).hexdigest()[:8]
        out = self.folder / f"{name.replace(' ', '-').replace(',', '')}-{key}"
        if not (out / "model.tflite").exists():
            # A process of its own gives back all memory that TensorFlow holds.
            where = ("--dataset", os.pathsep.join(map(str, self.dataset)), "--out", str(out))
            command = [sys.executable, "-m", "tears.trainer.recipe", *where, *ONE_NETWORK, *self.recipe, *options]
            status = subprocess.run(command, check=False).returncode  # noqa: S603 (our own program)
            if status:
                raise TrainingError(f"the recipe failed for the variant {name!r} with status {status}")
        return out / "model.tflite"


def left_out_figures(
    training: VariantTraining, clips: Sequence[DatasetClip], baselines: Mapping[str, WindowScorer]
) -> dict[str, Any]:
    """Return the recall of each source's cries by a model that was trained without it, beside the baselines.

    The threshold is that of 5 % false positives among the test split's other sounds.
    """
    others = [clip for clip in clips if clip.split == "test" and not clip.is_crying]
    figures = {}
    for name, sources in LEFT_OUT.items():
        cries = [clip for clip in clips if clip.is_crying and clip.source.startswith(sources)]
        model = ModelScorer(training.train(f"without {name}", ("--leave-out", *sources)))
        scorers: dict[str, WindowScorer] = {"this recipe": model, **baselines}
        figures[name] = {"crying": len(cries)} | {
            scorer_name: _figures(scorer, [*cries, *others]) for scorer_name, scorer in scorers.items()
        }
    return figures


def ablation_figures(training: VariantTraining, clips: Sequence[DatasetClip]) -> dict[str, Any]:
    """Return the figures of the recipe's variants on clips of the validation split."""
    val = [clip for clip in clips if clip.split == "val"]
    return {name: _figures(ModelScorer(training.train(name, options)), val) for name, options in ABLATIONS.items()}


def _figures(scorer: WindowScorer, clips: Sequence[DatasetClip]) -> dict[str, Any]:
    recordings = [clip.original_recording for clip in clips]
    return without_intervals(scorer_figures(score_clips(scorer, clips), labels_of(clips), recordings))
