"""The alerting rules: Prometheus accepts them, and each fires when it should."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # it has no types
from support.deployment.declared_metrics import undeclared
from support.places import ROOT

MONITORING = ROOT / "monitoring"
RULES = sorted((MONITORING / "rules").glob("*.yml"))
TESTS = sorted((MONITORING / "rules_test").glob("*.yml"))
CONFIGS = sorted(MONITORING.glob("prometheus*.yml"))


def promtool(*arguments: str | Path, folder: Path | None = None) -> None:
    program = shutil.which("promtool")
    assert program, "there is no promtool: sudo apt install prometheus"
    run = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=300, check=False, cwd=folder)
    assert run.returncode == 0, run.stdout + run.stderr


def rules_of(path: Path) -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(path.read_text())["groups"] for rule in group["rules"]]


def test_prometheus_accepts_the_rules() -> None:
    promtool("check", "rules", *RULES)


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.stem)
def test_the_rules_fire_when_they_should_and_only_then(path: Path) -> None:
    promtool("test", "rules", path)


def test_prometheus_accepts_its_configuration() -> None:
    promtool("check", "config", MONITORING / "prometheus.yml")


def test_prometheus_accepts_its_configuration_for_kubernetes(tmp_path: Path) -> None:
    config = yaml.safe_load((MONITORING / "prometheus.kubernetes.yml").read_text())
    # Debian's Prometheus is built without Kubernetes, so a file replaces this kind of discovery, and only this one.
    discovery = config["scrape_configs"][0].pop("kubernetes_sd_configs")
    config["scrape_configs"][0]["file_sd_configs"] = [{"files": ["pods.json"]}]
    assert discovery == [{"role": "pod", "namespaces": {"own_namespace": True, "names": ["tears-microphone"]}}]
    (tmp_path / "prometheus.yml").write_text(yaml.safe_dump(config))
    promtool("check", "config", "prometheus.yml", folder=tmp_path)


def test_each_alert_fires_in_a_test() -> None:
    fired = {
        check["alertname"]
        for path in TESTS
        for test in yaml.safe_load(path.read_text())["tests"]
        for check in test["alert_rule_test"]
        if check["exp_alerts"]
    }
    assert fired == {rule["alert"] for path in RULES for rule in rules_of(path)}


@pytest.mark.parametrize("rule", [rule for path in RULES for rule in rules_of(path)], ids=lambda rule: rule["alert"])
def test_an_alert_queries_metrics_that_exist_and_says_what_to_do(rule: dict[str, Any]) -> None:
    assert undeclared(rule["expr"]) == []
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert set(rule["annotations"]) == {"summary", "description"}


def test_both_configurations_have_the_same_jobs_and_all_rules() -> None:
    compose, kubernetes = (yaml.safe_load(path.read_text()) for path in reversed(CONFIGS))
    assert compose["global"] == kubernetes["global"]
    assert [Path(one).name for one in compose["rule_files"] + kubernetes["rule_files"]] == ["*.yml", "*.yml"]
    # In Kubernetes the job is the pod's label `app.kubernetes.io/name`; tests/k8s checks those.
    jobs = {one["job_name"] for one in compose["scrape_configs"]}
    assert jobs == {"recorder", "preprocessor", "classifier", "alerter", "journal", "model-server", "prometheus"}
