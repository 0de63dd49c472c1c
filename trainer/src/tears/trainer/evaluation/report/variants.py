"""Models trained without a source of cries, or without a part of the recipe, to compare the shipped model with."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tears.trainer.errors import TrainingError
from tears.trainer.evaluation.clip_figures import labels_of, scorer_figures, variant_figures
from tears.trainer.evaluation.clip_scores import clip_scores
from tears.trainer.evaluation.scorers import ScorerFile
from tears.trainer.evaluation.source_groups import sources_of_cries
from tears.trainer.evaluation.worker_pool import WorkerPool
from tears.trainer.manifest import DatasetClip
from tears.trainer.recipe.training_windows import WINDOW_SOURCES
from tears.trainer.source_digest import sources_of

# The name of a variant's scorer in tables and in figures.json.
THIS_RECIPE: Final = "this recipe"
# Groups of sources that are left out together, because each of them has few recordings.
LEFT_OUT_TOGETHER: Final = (("esc50", "giulbia"),)
# Options of the recipe that leave out a part of it, or add one.
ABLATIONS: Final = {
    "with new voices of recorded cries and cats": ("--revoiced", "2"),
    "without generated cries": ("--babies", "0"),
    "without the teacher": ("--no-teacher",),
    "without the corpus": ("--no-corpus",),
}
# The code that a variant depends on.
RECIPE_SOURCES: Final = (
    *WINDOW_SOURCES,
    "tears.trainer.recipe",
    "tears.trainer.teachers",
    "tears.trainer.speech_commands.architectures.batch_norm",
    "tears.trainer.speech_commands.architectures.nursery_network",
)


@dataclass(frozen=True)
class VariantTraining:
    """Trains variants of the recipe. A variant made by the same code is not trained again."""

    datasets: Sequence[Path]  # folders with manifest.csv and clips
    folder: Path  # in which each variant has a folder
    recipe: tuple[str, ...] = ()  # options of the recipe that all variants share

    def train(self, name: str, options: Sequence[str]) -> Path:
        """Return the model.tflite of a variant; train it if it was not trained before.

        Raises:
            TrainingError: The recipe failed; its own message is printed above.
        """
        choices = repr((self.recipe, options)).encode()
        manifests = b"".join((folder / "manifest.csv").read_bytes() for folder in self.datasets)
        made_of = sources_of(*RECIPE_SOURCES) + manifests + choices
        key = hashlib.sha256(made_of).hexdigest()[:8]
        out = self.folder / f"{name.replace(' ', '-').replace(',', '')}-{key}"
        if not (out / "model.tflite").exists():
            # A process of its own gives back all memory that TensorFlow holds.
            where = ("--dataset", os.pathsep.join(map(str, self.datasets)), "--out", str(out))
            command = [sys.executable, "-m", "tears.trainer.recipe", *where, *self.recipe, *options]
            status = subprocess.run(command, check=False).returncode  # noqa: S603 (our own program)
            if status:
                raise TrainingError(f"the recipe failed for the variant {name!r} with status {status}")
        return out / "model.tflite"


def left_out_groups(clips: Sequence[DatasetClip], datasets: Sequence[Path]) -> dict[str, tuple[str, ...]]:
    """Return the names of the sources that are left out together, by the name of the group.

    Only sources with cries are left out. The others say nothing about unknown babies, and without them the variant
    would also have learnt from fewer sounds that are mistaken for a cry.
    """
    groups = sources_of_cries(clips, datasets)
    together = {name: name for name in groups} | {
        name: ", ".join(names) for names in LEFT_OUT_TOGETHER for name in names
    }
    merged: dict[str, tuple[str, ...]] = {}
    for name, sources in groups.items():
        merged[together[name]] = (*merged.get(together[name], ()), *sources)
    return merged


def left_out_figures(
    pool: WorkerPool, training: VariantTraining, clips: Sequence[DatasetClip], baselines: Sequence[ScorerFile]
) -> dict[str, Any]:
    """Return the recall of each source's cries by a model that was trained without it, beside the baselines.

    The thresholds are those of 1 % and 5 % false positives among the test split's other sounds.
    """
    others = [clip for clip in clips if clip.split == "test" and not clip.is_crying]
    figures = {}
    for name, sources in left_out_groups(clips, training.datasets).items():
        cries = [clip for clip in clips if clip.is_crying and clip.source in sources]
        model = ScorerFile(THIS_RECIPE, training.train(f"without {name}", ("--leave-out", *sources)))
        of_scorers = _figures(pool, [model, *baselines], [*cries, *others], f"clips without {name}")
        figures[name] = {"crying": len(cries), **of_scorers}
    return figures


def ablation_figures(pool: WorkerPool, training: VariantTraining, clips: Sequence[DatasetClip]) -> dict[str, Any]:
    """Return the figures of the recipe's variants on clips of the validation split.

    If the variants have options that the shipped model has not, such as fewer passes, the whole recipe with these
    options is one of the variants.
    """
    val = [clip for clip in clips if clip.split == "val"]
    whole: dict[str, tuple[str, ...]] = {"nothing left out": ()} if training.recipe else {}
    variants = [ScorerFile(name, training.train(name, options)) for name, options in (whole | ABLATIONS).items()]
    return _figures(pool, variants, val, "val clips")


def _figures(
    pool: WorkerPool, scorers: Sequence[ScorerFile], clips: Sequence[DatasetClip], what: str
) -> dict[str, Any]:
    recordings, labels = [clip.original_recording for clip in clips], labels_of(clips)
    scores = clip_scores(pool, scorers, clips, what)
    return {name: variant_figures(scorer_figures(of, labels, recordings)) for name, of in scores.items()}
