"""Measure what the card shows, each part by its name in figures.json."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tears.policy.parameters import Policy
from tears.trainer.evaluation.clip_figures import clip_figures, robustness_figures
from tears.trainer.evaluation.clip_scores import changed_scores, clip_scores, muffled_scores
from tears.trainer.evaluation.night_set import NightSet, night_set, scored_nights
from tears.trainer.evaluation.policy_search import ScoredNight
from tears.trainer.evaluation.report.judged_signals import judged_signals
from tears.trainer.evaluation.report.night_figures import (
    baseline_figures,
    baseline_is_scored,
    baseline_key,
    best_policy,
    default_figures,
)
from tears.trainer.evaluation.report.variants import VariantTraining, ablation_figures, left_out_figures
from tears.trainer.evaluation.scorers import THIS_MODEL, ScorerFile, baselines, model_and_baselines
from tears.trainer.evaluation.source_groups import source_group
from tears.trainer.evaluation.worker_pool import WorkerPool
from tears.trainer.manifest import DatasetClip

MODEL_DIGEST: Final = "model_sha256"
BASELINE_NIGHTS: Final = "nights_anchors"

Measurements = dict[str, Callable[[], Any]]


def figures_so_far(model: Path, *paths: Path) -> dict[str, Any]:
    """Return the figures of this very model.tflite that the first figures.json of these paths has.

    If it has those of another file, only those are kept that do not depend on the model: the ones of the baselines,
    from the first of the paths that has them.
    """
    digest = hashlib.sha256(model.read_bytes()).hexdigest()
    found: list[dict[str, Any]] = [json.loads(path.read_text()) for path in paths if path.exists()]
    ours = found[0] if found and found[0].get(MODEL_DIGEST) == digest else {}
    baseline_nights = [figures[BASELINE_NIGHTS] for figures in found if BASELINE_NIGHTS in figures]
    kept = {BASELINE_NIGHTS: baseline_nights[0]} if baseline_nights else {}
    return {MODEL_DIGEST: digest} | kept | ours


@dataclass(frozen=True)
class ModelMeasurements:
    """What is measured of one model, in what, and by which processes."""

    datasets: Sequence[Path]  # folders with manifest.csv and clips
    model: Path  # a model.tflite
    cache: Path  # the folder that keeps nights and variants
    clips: Sequence[DatasetClip]  # of the datasets
    pool: WorkerPool

    def of_model(self, so_far: Mapping[str, Any]) -> Measurements:
        """Return what `make model` measures, in order.

        The nights of a baseline take many minutes, so they belong to it only if their scores are in the cache. Those
        that `so_far`, earlier figures, has for the same nights are not measured again.
        """
        return {
            "named_signals": self._named_signals,
            "clips_val": lambda: self._clips("val"),
            "clips_test": lambda: self._clips("test"),
            "robustness_val": lambda: self._robustness("val"),
            "robustness_test": lambda: self._robustness("test"),
            "nights_val": self._val_nights,
            "nights_test": lambda: self._default_nights(self._nights("test")),
            BASELINE_NIGHTS: lambda: self._baseline_nights(so_far.get(BASELINE_NIGHTS, {}), only_scored=True),
        }

    def of_variants(self, so_far: Mapping[str, Any], recipe: Sequence[str]) -> Measurements:
        """Return what `make model-report` measures, in order; it takes hours. `recipe` has options for all variants."""
        training = VariantTraining(self.datasets, self.cache / "variants", tuple(recipe))
        return {
            BASELINE_NIGHTS: lambda: self._baseline_nights(so_far.get(BASELINE_NIGHTS, {}), only_scored=False),
            "variant_options": lambda: list(recipe),
            "left_out": lambda: left_out_figures(self.pool, training, self.clips, baselines()),
            "ablation": lambda: ablation_figures(self.pool, training, self.clips),
        }

    @property
    def _scorer(self) -> ScorerFile:
        return ScorerFile(THIS_MODEL, self.model)

    @property
    def _night_set(self) -> NightSet:
        return night_set(self.datasets, self.cache / "nights")

    def _of_split(self, split: str) -> list[DatasetClip]:
        return [clip for clip in self.clips if clip.split == split]

    def _named_signals(self) -> dict[str, float]:
        """Return the score of each generated signal at its own level, with the pipeline's gain."""
        scorer = self._scorer.load()
        return {name: round(scorer.score(signal), 4) for name, signal in judged_signals().items()}

    def _clips(self, split: str) -> dict[str, Any]:
        clips = self._of_split(split)
        scores = clip_scores(self.pool, model_and_baselines(self.model), clips, f"{split} clips")
        return clip_figures(clips, scores, [source_group(clip, self.datasets) for clip in clips])

    def _robustness(self, split: str) -> dict[str, Any]:
        clips, scorer = self._of_split(split), self._scorer
        scores = clip_scores(self.pool, [scorer], clips)[scorer.name]
        changed, muffled = changed_scores(self.pool, scorer, clips), muffled_scores(self.pool, scorer, clips)
        return robustness_figures(clips, scores, changed, muffled)

    def _nights(self, split: str) -> list[ScoredNight]:
        return scored_nights(self.pool, self._night_set, split, self._scorer)

    def _default_nights(self, nights: Sequence[ScoredNight]) -> dict[str, Any]:
        return {"nights": self._night_set.key, "defaults": default_figures(nights)}

    def _val_nights(self) -> dict[str, Any]:
        nights = self._nights("val")
        best, figures = best_policy(self.pool, nights)
        return self._default_nights(nights) | {"best": figures, "best_policy": str(best)}

    def _baseline_nights(self, so_far: Mapping[str, Any], *, only_scored: bool) -> dict[str, Any]:
        nights, figures = self._night_set, {}
        for scorer in baselines():
            known = so_far.get(scorer.name, {})
            if known.get("key") == baseline_key(nights, scorer):
                figures[scorer.name] = known
            elif only_scored and not baseline_is_scored(nights, scorer):
                print(f"nights by {scorer.name}: not scored yet; make model-report does it")
            else:
                figures[scorer.name] = baseline_figures(self.pool, nights, scorer)
        return figures


def plan_text(measured: ModelMeasurements, measurements: Measurements) -> str:
    """Return what will be done, in lines to print before it starts."""
    val, test = (sum(clip.split == split for clip in measured.clips) for split in ("val", "test"))
    scorers = ", ".join(scorer.name for scorer in model_and_baselines(measured.model))
    nights = 2 * len(list(NightSet((), measured.cache).plans("val")))
    return "\n".join(
        (
            f"measuring {measured.model} with {measured.pool.workers} processes:",
            f"  in {val} validation and {test} test clips by {scorers}, and in {nights} nights",
            f"  at the alerter's threshold of {Policy().open_threshold:g}",
            f"  parts: {', '.join(measurements)}",
        )
    )
