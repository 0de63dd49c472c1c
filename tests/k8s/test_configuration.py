"""The settings in the manifests exist, and the how-to page matches the manifests."""

import os
import re
import textwrap
from pathlib import Path

from support.deployment.manifests import (
    K8S,
    OVERLAYS,
    Resource,
    containers,
    environment,
    of_kind,
    overlay,
    pods,
    render,
)
from support.places import ROOT

from tears.alerter.settings import AlerterSettings
from tears.classifier.settings import ClassifierSettings
from tears.journal.settings import JournalSettings
from tears.kit.settings import ServiceSettings, describe_settings
from tears.preprocessor.settings import PreprocessorSettings
from tears.recorder.settings import RecorderSettings

SETTINGS = (RecorderSettings, PreprocessorSettings, ClassifierSettings, AlerterSettings, JournalSettings)

PROBED: dict[str, ServiceSettings] = {
    "preprocessor": PreprocessorSettings(),
    "classifier": ClassifierSettings(),
    "alerter": AlerterSettings(),
    "journal": JournalSettings(),
}


def test_each_setting_in_the_manifests_exists_and_probe_ports_are_the_defaults(
    resources: list[Resource],
) -> None:
    known = {one.variable for settings in SETTINGS for one in describe_settings(settings)}
    for name, pod in pods(resources).items():
        given = {key: value for key, value in environment(resources, pod).items() if key.startswith("TEARS_")}
        assert set(given) <= known, name
    ports = {name: environment(resources, pods(resources)[name]) for name in PROBED}
    for name, settings in PROBED.items():
        assert ports[name][f"TEARS_{name.upper()}_PROBE_PORT"] == str(settings.probe_port)


def test_each_config_map_that_a_volume_names_exists(resources: list[Resource]) -> None:
    maps = of_kind(resources, "ConfigMap")
    for pod in pods(resources).values():
        for volume in pod["spec"].get("volumes", []):
            if "configMap" in volume:
                assert maps[volume["configMap"]["name"]]["data"]


def test_the_kustomization_of_the_how_to_page_works(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "howto-k3s.md").read_text()
    found = re.search(r"    # \.\./house/kustomization\.yaml\n((?:    .*\n)+)", page)
    assert found
    # kustomize accepts folders only by relative paths.
    written = found[1].replace("../tears/", os.path.relpath(ROOT, tmp_path.resolve()) + "/")
    (tmp_path / "kustomization.yaml").write_text(textwrap.dedent(written))
    resources = render(tmp_path.resolve())
    given = environment(resources, pods(resources)["recorder"])
    assert (given["TEARS_RECORDER_DEVICE"], given["TEARS_RECORDER_MIC"]) == ("USB", "nursery")
    assert environment(resources, pods(resources)["alerter"])["TEARS_ALERTER_DEAF_SECONDS"] == "120"
    assert pods(resources)["recorder"]["spec"]["containers"][0]["image"].startswith("10.0.0.5:5000/tears-recorder:")


def test_the_how_to_page_names_every_component_and_image() -> None:
    page = (ROOT / "docs" / "howto-k3s.md").read_text()
    chosen = {path.name for path in (K8S / "components").iterdir()} - {"recorder", "microphone", "demo", "replicated"}
    assert {name for name in chosen if f"`{name}`" in page} == chosen
    images = {
        one["image"] for parts in OVERLAYS.values() for pod in pods(overlay(*parts)).values() for one in containers(pod)
    }
    assert {image for image in images if image.startswith("tears-") and image not in page} == set()
