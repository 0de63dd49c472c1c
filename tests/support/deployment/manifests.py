"""What kustomize makes of k8s/, rendered by the kubectl of the development environment."""

from __future__ import annotations

import functools
import os
import subprocess
import sysconfig
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]  # no types of its own
from support.places import ROOT

K8S = ROOT / "k8s"
KUBECTL = Path(sysconfig.get_path("scripts")) / "kubectl"
# libyaml's, where it was built in: ten times as fast.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Resource = dict[str, Any]


def render(folder: Path) -> list[Resource]:
    """All resources of a kustomization.

    Raises:
        AssertionError: kustomize refuses it; its own words stand in the message.
    """
    run = subprocess.run(
        [KUBECTL, "kustomize", folder], capture_output=True, text=True, timeout=120, check=False, cwd=folder
    )
    assert run.returncode == 0, run.stderr
    assert not run.stderr, run.stderr
    return [one for one in yaml.load_all(run.stdout, Loader=_LOADER) if one]


@functools.cache
def overlay(name: str, *components: str) -> list[Resource]:
    """One of k8s/overlays, with further components on top; do not change what is returned."""
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
    """By name."""
    return {one["metadata"]["name"]: one for one in resources if one["kind"] in kinds}


WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet")


def pods(resources: Sequence[Resource]) -> dict[str, Resource]:
    """Pod templates by their workloads' names, each with the namespace that it will be in."""
    return {
        name: {**one["spec"]["template"], "namespace": one["metadata"]["namespace"]}
        for name, one in of_kind(resources, *WORKLOADS).items()
    }


def containers(pod: Resource) -> list[Resource]:
    """Those that make it ready, too."""
    return [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]
