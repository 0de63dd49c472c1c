"""Version labels: names such as `stable` and `canary` that stand for versions."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from tears.model_server.catalog.model_config import ModelSettings
from tears.model_server.errors import FailedPreconditionError, InvalidArgumentError

# Model to label to version.
Labels = Mapping[str, Mapping[str, int]]


def assign(
    wanted: Collection[ModelSettings],
    current: Labels,
    available: Mapping[str, Collection[int]],
    *,
    allow_unavailable: bool,
) -> Labels:
    """The labels as they are to be, if they may be so. The rules and the wording are TF Serving's.

    Args:
        wanted: The models with their labels.
        current: Where the labels point now.
        available: By model, the versions that answer requests.
        allow_unavailable: Whether a label that is new, or points there already, may name a version that is not
            available. A label that points elsewhere may not: it would fail requests that are answered today.

    Raises:
        FailedPreconditionError: A label names a version that is not available.
    """
    for model in wanted:
        for label, number in model.labels.items():
            stands_for = current.get(model.name, {}).get(label, number)
            if number in available.get(model.name, ()) or (allow_unavailable and stands_for == number):
                continue
            raise FailedPreconditionError(
                f"Request to assign label to version {number} of model {model.name}, "
                "which is not currently available for inference"
            )
    return {model.name: dict(model.labels) for model in wanted if model.labels}


def resolve(labels: Labels, model: str, label: str) -> int:
    """The version that a label of a model stands for.

    Raises:
        InvalidArgumentError: The model has no such label; the wording is TF Serving's.
    """
    try:
        return labels[model][label]
    except KeyError:
        raise InvalidArgumentError(f"Unrecognized servable version label: {label}") from None
