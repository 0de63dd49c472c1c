"""Version labels: names such as `stable` and `canary` that stand for versions, and what they mean in a request."""

from collections.abc import Collection, Mapping

from tears.model_server.catalog.model_config import ServedModelSettings
from tears.model_server.errors import FailedPreconditionError, InvalidArgumentError
from tears.tfserving.v1.model_pb2 import ModelSpec

# Maps a model's name to its labels, and each label to a version.
VersionLabels = Mapping[str, Mapping[str, int]]


def assign_labels(
    wanted: Collection[ServedModelSettings],
    current: VersionLabels,
    available: Mapping[str, Collection[int]],
    *,
    allow_unavailable: bool,
) -> VersionLabels:
    """Return the labels that a new configuration gives. The rules and the error's wording are TF Serving's.

    With `allow_unavailable` a label may name a version that is not available, but only if it is new or names that
    version already: to move a label to such a version would fail requests that are answered today.

    Raises:
        FailedPreconditionError: A label names a version that is not available.
    """
    for model in wanted:
        for label, number in model.labels.items():
            current_number = current.get(model.name, {}).get(label, number)
            if number in available.get(model.name, ()) or (allow_unavailable and current_number == number):
                continue
            raise FailedPreconditionError(
                f"Request to assign label to version {number} of model {model.name}, "
                "which is not currently available for inference"
            )
    return {model.name: dict(model.labels) for model in wanted if model.labels}


def requested_version(spec: ModelSpec, labels: VersionLabels) -> int | None:
    """Return the version that a spec names, by its number or by a label; None if it names none.

    Raises:
        InvalidArgumentError: The spec has no name, or a label that no version has.
    """
    if not spec.name:
        raise InvalidArgumentError("ModelSpec has no name specified.")
    if spec.HasField("version_label"):
        try:
            return labels[spec.name][spec.version_label]
        except KeyError:
            raise InvalidArgumentError(f"Unrecognized servable version label: {spec.version_label}") from None
    return spec.version.value if spec.HasField("version") else None
