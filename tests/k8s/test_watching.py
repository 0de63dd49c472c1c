"""Prometheus and Grafana in Kubernetes are those of monitoring/."""

import re
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]  # it has no types
from support.deployment.manifests import K8S, Resource, of_kind, overlay, pods
from support.places import ROOT


def test_compose_and_kubernetes_have_the_same_dashboards_and_rules() -> None:
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


def test_grafana_has_the_settings_of_compose_which_call_no_other_server() -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["grafana"]["environment"]
    grafana = next(one for name, one in of_kind(overlay("pi"), "ConfigMap").items() if re.match(r"grafana-\w+$", name))
    # Docker may set a proxy for all containers; Kubernetes sets none.
    proxies = {"NO_PROXY", "no_proxy"}
    assert grafana["data"] == {name: value for name, value in compose.items() if name not in proxies}


def test_the_rules_of_the_operator_are_those_of_monitoring() -> None:
    namespace: dict[str, Any] = {"__file__": str(K8S / "components/prometheus-operator/write_rule.py"), "__name__": ""}
    source = Path(namespace["__file__"])
    exec(compile(source.read_text(), str(source), "exec"), namespace)  # noqa: S102 - our own script, next to its result
    assert source.with_name("prometheus-rule.yaml").read_text() == namespace["render"](), "run `make docs`"


def test_both_kinds_of_discovery_find_every_service_under_the_job_name_of_the_rules() -> None:
    resources = overlay("cluster", "prometheus-operator")
    jobs = {"recorder", "preprocessor", "classifier", "alerter", "journal", "model-server"}
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


def test_prometheus_may_only_list_the_pods_of_both_namespaces(resources: list[Resource]) -> None:
    roles = [one for one in resources if one["kind"] == "Role" and one["metadata"]["name"] == "prometheus"]
    assert {one["metadata"]["namespace"] for one in roles} == {"tears", "tears-microphone"}
    for role in roles:
        assert role["rules"] == [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]}]
    assert not {"ClusterRole", "ClusterRoleBinding"} & {one["kind"] for one in resources}
