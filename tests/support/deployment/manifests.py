"""The manifests of k8s/, rendered by the kubectl of the development environment."""

import functools
import os
import subprocess
import sysconfig
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]  # it has no types
from support.places import ROOT

K8S = ROOT / "k8s"
KUBECTL = Path(sysconfig.get_path("scripts")) / "kubectl"
# The loader of libyaml is ten times as fast, but is not built in everywhere.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Resource = dict[str, Any]

# An overlay and the components on top of it, as `overlay` takes them.
OVERLAYS = {
    "pi": ("pi",),
    "cluster": ("cluster",),
    "demo": ("demo",),
    "cluster with KEDA and the operator": ("cluster", "keda", "prometheus-operator"),
    "pi with a name of its own": ("pi", "ingress"),
}


def render(folder: Path) -> list[Resource]:
    """Return all resources of a kustomization.

    Raises:
        AssertionError: kustomize refuses it; the message has its output.
    """
    run = subprocess.run(
        [KUBECTL, "kustomize", folder], capture_output=True, text=True, timeout=120, check=False, cwd=folder
    )
    assert run.returncode == 0, run.stderr
    assert not run.stderr, run.stderr
    return [one for one in yaml.load_all(run.stdout, Loader=_LOADER) if one]


@functools.cache
def overlay(name: str, *components: str) -> list[Resource]:
    """Return one of k8s/overlays, with more components on top. Do not change the result: it is cached."""
    if not components:
        return render(K8S / "overlays" / name)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made).resolve()
        kustomization = {
            "apiVersion": "kustomize.config.k8s.io/v1beta1",
            "kind": "Kustomization",
            "resources": [os.path.relpath(K8S / "overlays" / name, folder)],
            "components": [os.path.relpath(K8S / "components" / one, folder) for one in components],
        }
        (folder / "kustomization.yaml").write_text(yaml.safe_dump(kustomization))
        return render(folder)


def of_kind(resources: Sequence[Resource], *kinds: str) -> dict[str, Resource]:
    """Return the resources of some kinds by their names."""
    return {one["metadata"]["name"]: one for one in resources if one["kind"] in kinds}


WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet")


def pods(resources: Sequence[Resource]) -> dict[str, Resource]:
    """Return the pod templates by the names of their workloads, each with its namespace."""
    return {
        name: {**one["spec"]["template"], "namespace": one["metadata"]["namespace"]}
        for name, one in of_kind(resources, *WORKLOADS).items()
    }


def containers(pod: Resource) -> list[Resource]:
    """Return all containers of a pod, including those that run before the others."""
    return [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]


def environment(resources: list[Resource], pod: Resource) -> dict[str, Any]:
    """Return the environment variables of a pod's containers; a value from elsewhere is its reference."""
    maps = of_kind(resources, "ConfigMap")
    found: dict[str, Any] = {}
    for container in containers(pod):
        for source in container.get("envFrom", []):
            if "configMapRef" in source:
                found |= maps[source["configMapRef"]["name"]]["data"]
        found |= {one["name"]: one.get("value", one.get("valueFrom")) for one in container.get("env", [])}
    return found
