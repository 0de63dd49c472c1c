"""The lines for `kubectl` on the pages name what the manifests have."""

import re
from pathlib import Path

import pytest
from support.deployment.manifests import WORKLOADS, containers, of_kind, overlay
from support.places import ROOT

PAGES = sorted((ROOT / "docs").glob("*.md"))
LINE = re.compile(r"kubectl -n ([a-z-]+) ([^`\n]+(?:\\\n[^`\n]+)*)")
# What a page makes itself, or Kubernetes.
NAMES_OF_USERS = {"tears-notify", "tears-alerts"}


def lines_of(page: Path) -> list[tuple[str, list[str]]]:
    """Return the namespace and the words of each command in a namespace, without what it is piped into."""
    return [
        (namespace, re.split(r"[|>#]", rest.replace("\\\n", " "))[0].split())
        for namespace, rest in LINE.findall(page.read_text())
    ]


def test_the_pages_have_such_lines() -> None:
    assert {page.name for page in PAGES if lines_of(page)} >= {"howto-k3s.md", "howto-alerts.md"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_workload_that_a_line_names_exists_in_its_namespace(page: Path) -> None:
    resources = overlay("pi")
    kinds = {kind.lower(): of_kind(resources, kind) for kind in (*WORKLOADS, "Service", "Job")}
    for namespace, words in lines_of(page):
        named = [word.split("/") for word in words if word.partition("/")[0] in kinds and word.count("/") == 1]
        if words[:2] == ["rollout", "restart"]:
            named += [[words[2], name] for name in words[3:]]
        for kind, name in named:
            assert kinds[kind][name]["metadata"]["namespace"] == namespace, (page.name, words)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_secret_that_a_line_makes_is_read_by_a_pod(page: Path) -> None:
    text = repr([containers(one["spec"]["template"]) for one in of_kind(overlay("pi"), *WORKLOADS).values()])
    volumes = repr(
        [one["spec"]["template"]["spec"].get("volumes") for one in of_kind(overlay("pi"), *WORKLOADS).values()]
    )
    for _, words in lines_of(page):
        made = (
            words[3:4]
            if words[:3] == ["create", "secret", "generic"]
            else words[2:3]
            if words[:2] == ["patch", "secret"]
            else []
        )
        for name in made:
            assert name in NAMES_OF_USERS
            assert f"'{name}'" in text + volumes, (page.name, name)
