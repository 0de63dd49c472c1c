"""The network policies open what the data needs, and nothing else."""

from support.deployment.manifests import overlay
from support.deployment.network_policies import API, BROKER, DNS, KEDA, OPERATOR, WORLD, closed, flows

DATA_FLOWS = {
    ("preprocessor", "redis", 6379),
    ("classifier", "redis", 6379),
    ("classifier", "model-server", 8500),
    ("alerter", "redis", 6379),
    ("alerter", WORLD, 1),  # to any port
    ("prometheus", API, 443),
    ("prometheus", API, 6443),
    ("prometheus", "model-server", 8501),
    ("prometheus", "preprocessor", 9102),
    ("prometheus", "classifier", 9103),
    ("prometheus", "alerter", 9104),
    ("grafana", "prometheus", 9090),
    (WORLD, "grafana", 3000),
    ("journal", "redis", 6379),
    ("prometheus", "journal", 9105),
    (WORLD, "journal", 8080),
}
TEACHING = ("journal", "model-server", 8500)
PODS = {"redis", "model-server", "preprocessor", "classifier", "alerter", "journal", "prometheus", "grafana"}


def expected(recorder: str) -> set[tuple[str, str, int]]:
    dns = {(pod, DNS, 53) for pod in {*PODS, recorder}}
    return DATA_FLOWS | dns | {(recorder, "redis", 6379), ("prometheus", recorder, 9101)}


def test_only_the_flows_of_the_data_are_open() -> None:
    assert flows(overlay("cluster")) == expected("recorder")
    # On one node the journal may teach the model.
    assert flows(overlay("pi")) == expected("recorder") | {TEACHING}
    assert flows(overlay("demo")) == expected("demo") | {TEACHING}


def test_components_open_only_what_they_need() -> None:
    before = flows(overlay("cluster"))
    assert flows(overlay("cluster", "keda")) - before == {(KEDA, "redis", 6379)}
    assert flows(overlay("cluster", "prometheus-operator")) - before == {
        (OPERATOR, "recorder", 9101),
        (OPERATOR, "preprocessor", 9102),
        (OPERATOR, "classifier", 9103),
        (OPERATOR, "alerter", 9104),
        (OPERATOR, "journal", 9105),
        (OPERATOR, "model-server", 8501),
    }
    assert flows(overlay("cluster", "teaching")) - before == {TEACHING}
    assert flows(overlay("pi", "mqtt-broker")) - flows(overlay("pi")) == {
        ("alerter", BROKER, 1883),
        ("alerter", BROKER, 8883),
    }


def test_an_ingress_opens_nothing_more() -> None:
    assert flows(overlay("pi", "ingress")) == flows(overlay("pi"))


def test_both_namespaces_are_closed_by_default() -> None:
    assert closed(overlay("pi")) == {"tears", "tears-microphone"}
