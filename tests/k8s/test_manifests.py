from __future__ import annotations

import os
import re
import textwrap
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml  # type: ignore[import-untyped]  # no types of its own
from support.deployment.manifests import K8S, WORKLOADS, Resource, containers, of_kind, overlay, pods, render
from support.places import ROOT

from tears.alerter.settings import AlerterSettings
from tears.classifier.settings import ClassifierSettings
from tears.kit.settings import describe_settings
from tears.kit.streams import names
from tears.preprocessor.settings import PreprocessorSettings
from tears.recorder.settings import RecorderSettings

ALL = {
    "pi": ("pi",),
    "cluster": ("cluster",),
    "demo": ("demo",),
    "cluster with KEDA and the operator": ("cluster", "keda", "prometheus-operator"),
}
CUSTOM = {"ScaledObject", "ServiceMonitor", "PrometheusRule"}
CORE = {"redis", "model-server", "preprocessor", "classifier", "alerter", "prometheus", "grafana"}
# From the oldest that is promised to the newest whose schemas are there.
VERSIONS = [f"1.{minor}" for minor in range(28, int(kubernetes_validate.latest_version().split(".")[1]) + 1)]
SETTINGS = (RecorderSettings, PreprocessorSettings, ClassifierSettings, AlerterSettings)


@pytest.fixture(params=list(ALL.values()), ids=list(ALL))
def resources(request: pytest.FixtureRequest) -> list[Resource]:
    return overlay(*request.param)


@pytest.mark.parametrize("version", VERSIONS)
def test_kubernetes_takes_each_core_object(version: str) -> None:
    unique: dict[str, Resource] = {}
    for one in (resource for name in ALL.values() for resource in overlay(*name) if resource["kind"] not in CUSTOM):
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


def test_custom_resources_come_from_their_components_only() -> None:
    found = {name: {one["kind"] for one in overlay(*parts)} & CUSTOM for name, parts in ALL.items()}
    assert found.pop("cluster with KEDA and the operator") == CUSTOM
    assert not any(found.values())


def test_each_overlay_has_the_whole_house(resources: list[Resource]) -> None:
    assert set(pods(resources)) - {"demo", "recorder"} == CORE
    assert len(set(pods(resources)) & {"demo", "recorder"}) == 1
    everything = [(one["kind"], one["metadata"].get("namespace"), one["metadata"]["name"]) for one in resources]
    assert len(set(everything)) == len(everything)


def test_pods_keep_to_what_their_namespace_enforces(resources: list[Resource]) -> None:
    enforced = {
        name: one["metadata"]["labels"]["pod-security.kubernetes.io/enforce"]
        for name, one in of_kind(resources, "Namespace").items()
    }
    assert enforced["tears"] == "restricted"
    for name, pod in pods(resources).items():
        spec = pod["spec"]
        context = spec["securityContext"]
        assert context["runAsNonRoot"] is True
        assert context["runAsUser"] > 0
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in containers(pod):
            assert container["securityContext"]["readOnlyRootFilesystem"] is True, name
            if enforced[pod["namespace"]] == "restricted":
                assert container["securityContext"] == {
                    "allowPrivilegeEscalation": False,
                    "capabilities": {"drop": ["ALL"]},
                    "readOnlyRootFilesystem": True,
                }
        if enforced[pod["namespace"]] == "restricted":
            kinds = {next(key for key in volume if key != "name") for volume in spec.get("volumes", [])}
            assert kinds <= {"configMap", "emptyDir", "persistentVolumeClaim", "secret"}
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(spec)


def test_only_the_recorder_of_a_pi_is_privileged_alone_in_its_namespace() -> None:
    for parts in ALL.values():
        found = pods(overlay(*parts))
        privileged = {
            name for name, pod in found.items() for one in containers(pod) if one["securityContext"].get("privileged")
        }
        assert privileged == ({"recorder"} if parts == ("pi",) else set())
    assert [name for name, pod in pods(overlay("pi")).items() if pod["namespace"] == "tears-microphone"] == ["recorder"]


def test_a_privileged_recorder_may_also_stand_in_a_cluster_without_a_device_plugin() -> None:
    recorder = pods(overlay("demo", "microphone", "privileged"))["recorder"]
    assert recorder["spec"]["containers"][0]["securityContext"]["privileged"] is True
    assert recorder["spec"]["nodeSelector"] == {"tears/microphone": "true"}


def test_in_a_cluster_a_device_plugin_hands_over_the_microphone() -> None:
    recorder = of_kind(overlay("cluster"), "DaemonSet")["recorder"]["spec"]["template"]["spec"]
    assert recorder["containers"][0]["resources"]["limits"]["squat.ai/audio"] == 1
    assert recorder["nodeSelector"] == {"tears/microphone": "true"}
    assert "volumes" not in recorder


def test_each_container_is_probed_and_bounded_and_its_image_pinned(resources: list[Resource]) -> None:
    for name, pod in pods(resources).items():
        assert pod["spec"]["enableServiceLinks"] is False
        assert pod["spec"].get("automountServiceAccountToken", True) is (name == "prometheus")
        for container in pod["spec"]["containers"]:
            assert {"startupProbe", "livenessProbe", "readinessProbe"} <= set(container), name
        for container in containers(pod):
            assert {"cpu", "memory"} <= set(container["resources"]["requests"])
            assert "memory" in container["resources"]["limits"]
            assert re.search(r":v?\d+\.\d+\.\d+", container["image"]), container["image"]


def test_liveness_asks_for_progress_and_readiness_for_the_dependencies(resources: list[Resource]) -> None:
    for name, pod in pods(resources).items():
        if name in {"redis", "prometheus", "grafana"}:
            continue
        container = pod["spec"]["containers"][0]
        assert container["livenessProbe"]["httpGet"] == {"path": "/healthz", "port": "probes"}
        assert container["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "probes"}


def test_only_what_has_two_replicas_is_spread_and_has_a_budget(resources: list[Resource]) -> None:
    workloads = of_kind(resources, *WORKLOADS)
    several = {name for name, one in workloads.items() if one["spec"].get("replicas", 1) >= 2}
    if "ScaledObject" in {one["kind"] for one in resources}:
        several.add("classifier")
    spread = {name for name, one in workloads.items() if "topologySpreadConstraints" in one["spec"]["template"]["spec"]}
    budgets = of_kind(resources, "PodDisruptionBudget")
    assert spread == several == set(budgets)
    assert several in (set(), {"model-server", "preprocessor", "classifier"})
    for name in several:
        selector = {"matchLabels": {"app.kubernetes.io/name": name}}
        assert budgets[name]["spec"]["selector"] == selector
        constraints = workloads[name]["spec"]["template"]["spec"]["topologySpreadConstraints"]
        assert [one["labelSelector"] for one in constraints] == [selector]


def test_there_is_one_alerter_whose_memory_lies_on_a_volume(resources: list[Resource]) -> None:
    alerter = of_kind(resources, "Deployment")["alerter"]["spec"]
    assert (alerter["replicas"], alerter["strategy"]) == (1, {"type": "Recreate"})
    volumes = alerter["template"]["spec"]["volumes"]
    assert [one["persistentVolumeClaim"] for one in volumes] == [{"claimName": "alerter"}]
    assert "alerter" in of_kind(resources, "PersistentVolumeClaim")


def test_redis_writes_nothing_and_refuses_more_than_it_may_hold(resources: list[Resource]) -> None:
    redis = of_kind(resources, "Deployment")["redis"]["spec"]
    arguments = redis["template"]["spec"]["containers"][0]["args"]
    options = dict(zip(arguments[::2], arguments[1::2], strict=True))
    assert (options["--save"], options["--appendonly"], options["--maxmemory-policy"]) == ("", "no", "noeviction")
    assert "volumes" not in redis["template"]["spec"]
    container = redis["template"]["spec"]["containers"][0]
    room = int(container["resources"]["limits"]["memory"][:-2]) - int(container["env"][0]["value"][:-2])
    assert room >= 64


def test_keda_scales_the_classifiers_on_their_groups_lag_and_nobody_else_does() -> None:
    resources = overlay("cluster", "keda")
    scaled = of_kind(resources, "ScaledObject")["classifier"]["spec"]
    assert scaled["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "classifier"}
    (trigger,) = scaled["triggers"]
    assert trigger["type"] == "redis-streams"
    assert trigger["metadata"]["stream"] == names.WINDOWS_STREAM
    assert trigger["metadata"]["consumerGroup"] == names.CLASSIFIER_GROUP
    assert trigger["metadata"]["activationLagCount"] == "0"
    assert int(trigger["metadata"]["lagCount"]) * scaled["maxReplicaCount"] <= PreprocessorSettings().windows_capacity
    assert "replicas" not in of_kind(resources, "StatefulSet")["classifier"]["spec"]
    for parts in ALL.values():
        assert "HorizontalPodAutoscaler" not in {one["kind"] for one in overlay(*parts)}


def environment(resources: list[Resource], pod: Resource) -> dict[str, Any]:
    maps = of_kind(resources, "ConfigMap")
    found: dict[str, Any] = {}
    for container in containers(pod):
        for source in container.get("envFrom", []):
            if "configMapRef" in source:
                found |= maps[source["configMapRef"]["name"]]["data"]
        found |= {one["name"]: one.get("value", one.get("valueFrom")) for one in container.get("env", [])}
    return found


def test_each_setting_that_is_given_exists_and_has_an_accepted_value(resources: list[Resource]) -> None:
    known = {one.variable for settings in SETTINGS for one in describe_settings(settings)}
    for name, pod in pods(resources).items():
        given = {key: value for key, value in environment(resources, pod).items() if key.startswith("TEARS_")}
        assert set(given) <= known, name
    ports = {name: environment(resources, pods(resources)[name]) for name in ("preprocessor", "classifier", "alerter")}
    for name, settings in (
        ("preprocessor", PreprocessorSettings()),
        ("classifier", ClassifierSettings()),
        ("alerter", AlerterSettings()),
    ):
        assert ports[name][f"TEARS_{name.upper()}_PROBE_PORT"] == str(settings.probe_port)


def test_each_volume_of_configuration_is_there(resources: list[Resource]) -> None:
    maps = of_kind(resources, "ConfigMap")
    for pod in pods(resources).values():
        for volume in pod["spec"].get("volumes", []):
            if "configMap" in volume:
                assert maps[volume["configMap"]["name"]]["data"]


def test_compose_and_kubernetes_show_the_same() -> None:
    resources = overlay("pi")
    shown = {
        key: value
        for name, one in of_kind(resources, "ConfigMap").items()
        if name.startswith(("grafana-", "prometheus-"))
        for key, value in one["data"].items()
    }
    files = {path.name: path.read_text() for path in (ROOT / "monitoring").rglob("*.*") if path.is_file()}
    kubernetes = (ROOT / "monitoring" / "prometheus.kubernetes.yml").read_text()
    sources = (ROOT / "monitoring" / "grafana/provisioning/datasources/prometheus.yml").read_text()
    assert shown["nursery.json"] == files["nursery.json"]
    assert shown["pipeline.json"] == files["pipeline.json"]
    assert {shown["listening.yml"], shown["pipeline.yml"]} == {
        path.read_text() for path in (ROOT / "monitoring" / "rules").glob("*.yml")
    }
    maps = of_kind(resources, "ConfigMap")
    by_stem = {name.rpartition("-")[0]: one["data"] for name, one in maps.items()}
    assert by_stem["prometheus-config"] == {"prometheus.yml": kubernetes}
    assert by_stem["grafana-datasources"] == {"prometheus.yml": sources}


def test_grafana_calls_nobody_as_in_compose() -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["grafana"]["environment"]
    grafana = next(one for name, one in of_kind(overlay("pi"), "ConfigMap").items() if re.match(r"grafana-\w+$", name))
    assert grafana["data"] == compose


def test_the_operators_rules_are_those_of_monitoring() -> None:
    namespace: dict[str, Any] = {"__file__": str(K8S / "components/prometheus-operator/write_rule.py"), "__name__": ""}
    source = Path(namespace["__file__"])
    exec(compile(source.read_text(), str(source), "exec"), namespace)  # noqa: S102 - our own script, beside its result
    assert source.with_name("prometheus-rule.yaml").read_text() == namespace["render"](), "run `make docs`"


def test_both_ways_of_discovery_find_every_service_under_the_name_that_the_rules_know() -> None:
    resources = overlay("cluster", "prometheus-operator")
    jobs = {"recorder", "preprocessor", "classifier", "alerter", "model-server"}
    found = {
        pod["metadata"]["labels"]["app.kubernetes.io/name"]
        for pod in pods(resources).values()
        if pod["metadata"]["labels"].get("app.kubernetes.io/part-of") == "tears"
        and any(port["name"] == "probes" for one in pod["spec"]["containers"] for port in one.get("ports", []))
    }
    assert found == jobs
    monitor = of_kind(resources, "ServiceMonitor")["tears"]["spec"]
    services = {
        one["metadata"]["labels"][monitor["jobLabel"]]
        for one in of_kind(resources, "Service").values()
        if monitor["selector"]["matchLabels"].items() <= one["metadata"].get("labels", {}).items()
        and any(port["name"] == monitor["endpoints"][0]["port"] for port in one["spec"]["ports"])
        and one["metadata"]["namespace"] in monitor["namespaceSelector"]["matchNames"]
    }
    assert services == jobs


def test_prometheus_may_list_the_pods_of_both_namespaces_and_nothing_else(resources: list[Resource]) -> None:
    roles = [one for one in resources if one["kind"] == "Role"]
    assert {one["metadata"]["namespace"] for one in roles} == {"tears", "tears-microphone"}
    for role in roles:
        assert role["rules"] == [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]}]
    assert not {"ClusterRole", "ClusterRoleBinding"} & {one["kind"] for one in resources}


def test_a_house_of_ones_own_is_made_as_the_page_says(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "howto-k3s.md").read_text()
    found = re.search(r"    # \.\./house/kustomization\.yaml\n((?:    .*\n)+)", page)
    assert found
    # kustomize takes folders by relative paths alone.
    written = found[1].replace("../tears/", os.path.relpath(ROOT, tmp_path.resolve()) + "/")
    (tmp_path / "kustomization.yaml").write_text(textwrap.dedent(written))
    resources = render(tmp_path.resolve())
    given = environment(resources, pods(resources)["recorder"])
    assert (given["TEARS_RECORDER_DEVICE"], given["TEARS_RECORDER_MIC"]) == ("USB", "nursery")
    assert environment(resources, pods(resources)["alerter"])["TEARS_ALERTER_DEAF_SECONDS"] == "120"
    assert pods(resources)["recorder"]["spec"]["containers"][0]["image"].startswith("10.0.0.5:5000/tears-recorder:")


def test_the_page_names_every_component_and_image() -> None:
    page = (ROOT / "docs" / "howto-k3s.md").read_text()
    chosen = {path.name for path in (K8S / "components").iterdir()} - {"recorder", "microphone", "demo", "replicated"}
    assert {name for name in chosen if f"`{name}`" in page} == chosen
    images = {
        one["image"] for parts in ALL.values() for pod in pods(overlay(*parts)).values() for one in containers(pod)
    }
    assert {image for image in images if image.startswith("tears-") and image not in page} == set()
