"""Write prometheus-rule.yaml, the rules of monitoring/ as a resource of the Prometheus operator: `make docs`."""

from pathlib import Path

import yaml  # type: ignore[import-untyped]  # no types of its own

RULES = Path(__file__).parents[3] / "monitoring" / "rules"
RESOURCE = Path(__file__).with_name("prometheus-rule.yaml")
RULE_HEAD = "# Written by `make docs` from monitoring/rules.\n"


class _Dumper(yaml.SafeDumper):  # type: ignore[misc]  # its base has no types
    def ignore_aliases(self, data: object) -> bool:
        """Write equal values in full instead of as YAML aliases."""
        del data
        return True


def render() -> str:
    """Return the resource as YAML."""
    groups = [group for path in sorted(RULES.glob("*.yml")) for group in yaml.safe_load(path.read_text())["groups"]]
    labels = {"app.kubernetes.io/part-of": "tears", "release": "kube-prometheus-stack"}
    resource = {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": "tears", "namespace": "tears", "labels": labels},
        "spec": {"groups": groups},
    }
    written: str = yaml.dump(resource, Dumper=_Dumper, sort_keys=False, width=120)
    return RULE_HEAD + written


if __name__ == "__main__":
    RESOURCE.write_text(render())
