"""The manifests are valid for every Kubernetes version that we promise, and complete."""

import kubernetes_validate
import pytest
from support.deployment.manifests import OVERLAYS, Resource, overlay, pods

CUSTOM = {"ScaledObject", "ServiceMonitor", "PrometheusRule", "TriggerAuthentication"}
CORE = {"redis", "model-server", "preprocessor", "classifier", "alerter", "journal", "prometheus", "grafana"}
# From the oldest version that we promise to the newest whose schemas are installed.
VERSIONS = [f"1.{minor}" for minor in range(28, int(kubernetes_validate.latest_version().split(".")[1]) + 1)]


@pytest.mark.parametrize("version", VERSIONS)
def test_kubernetes_accepts_each_core_object(version: str) -> None:
    unique: dict[str, Resource] = {}
    for one in (
        resource for name in OVERLAYS.values() for resource in overlay(*name) if resource["kind"] not in CUSTOM
    ):
        unique[repr(one)] = one
    for one in unique.values():
        kubernetes_validate.validate(one, version, strict=True)


def test_a_misspelt_field_is_refused() -> None:
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "a"},
        "spec": {"containers": [], "hostNetwrok": True},
    }
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(pod, VERSIONS[-1], strict=True)


def test_custom_resources_come_only_from_their_components() -> None:
    found = {name: {one["kind"] for one in overlay(*parts)} & CUSTOM for name, parts in OVERLAYS.items()}
    assert found.pop("cluster with KEDA and the operator") == CUSTOM
    assert not any(found.values())


def test_each_overlay_has_every_part_of_the_pipeline(resources: list[Resource]) -> None:
    assert set(pods(resources)) - {"demo", "recorder"} == CORE
    assert len(set(pods(resources)) & {"demo", "recorder"}) == 1
    everything = [(one["kind"], one["metadata"].get("namespace"), one["metadata"]["name"]) for one in resources]
    assert len(set(everything)) == len(everything)
