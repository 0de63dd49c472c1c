"""List what is measured for the card, by its name in figures.json."""

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from tears.own_data.scoring.model_scorer import ModelScorer
from tears.policy.parameters import Policy
from tears.trainer.evaluation.clip_figures import clip_figures, robustness_figures, score_clips
from tears.trainer.evaluation.policy_search import night_figures
from tears.trainer.evaluation.report.night_figures import baseline_nights, best_policy, model_nights
from tears.trainer.evaluation.report.variants import VariantTraining, ablation_figures, left_out_figures
from tears.trainer.evaluation.scorers import THIS_MODEL, model_and_baselines
from tears.trainer.manifest import DatasetClip

MODEL_DIGEST: Final = "model_sha256"


def figures_so_far(model: Path, path: Path) -> dict[str, Any]:
    """Return the figures of this very model.tflite that figures.json has. Figures of another file are dropped."""
    digest = hashlib.sha256(model.read_bytes()).hexdigest()
    figures: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    return figures if figures.get(MODEL_DIGEST) == digest else {MODEL_DIGEST: digest}


def model_measurements(
    dataset: Sequence[Path], model: Path, cache: Path, clips: Sequence[DatasetClip]
) -> dict[str, Callable[[], Any]]:
    """Return what `make model` measures, in order."""

    def of_clips(split: str) -> dict[str, Any]:
        chosen = _of_split(clips, split)
        scores = {name: score_clips(scorer, chosen) for name, scorer in model_and_baselines(model).items()}
        return clip_figures(chosen, scores)

    def of_val_nights() -> dict[str, Any]:
        nights = model_nights(dataset, "val", model, cache / "nights")
        best, figures = best_policy(nights)
        return {"defaults": night_figures(nights, Policy()), "best": figures, "best_policy": str(best)}

    def of_test_nights() -> dict[str, Any]:
        return {"defaults": night_figures(model_nights(dataset, "test", model, cache / "nights"), Policy())}

    return {
        "clips_val": lambda: of_clips("val"),
        "clips_test": lambda: of_clips("test"),
        "robustness_val": lambda: robustness_figures(_of_split(clips, "val"), ModelScorer(model)),
        "robustness_test": lambda: robustness_figures(_of_split(clips, "test"), ModelScorer(model)),
        "nights_val": of_val_nights,
        "nights_test": of_test_nights,
    }


def variant_measurements(
    dataset: Sequence[Path], model: Path, cache: Path, clips: Sequence[DatasetClip], recipe: Sequence[str]
) -> dict[str, Callable[[], Any]]:
    """Return what `make model-report` measures, in order; it takes hours. `recipe` has options for all variants."""
    baselines = {name: scorer for name, scorer in model_and_baselines(model).items() if name != THIS_MODEL}
    training = VariantTraining(dataset, cache / "variants", tuple(recipe))
    return {
        "left_out": lambda: left_out_figures(training, clips, baselines),
        "ablation": lambda: ablation_figures(training, clips),
        "nights_anchors": lambda: baseline_nights(dataset, cache / "nights"),
    }


def _of_split(clips: Sequence[DatasetClip], split: str) -> list[DatasetClip]:
    return [clip for clip in clips if clip.split == split]
