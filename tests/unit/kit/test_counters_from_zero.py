from prometheus_client import CollectorRegistry

from tears.alerter.metrics import AlerterMetrics
from tears.classifier.metrics import ClassifierMetrics


def test_events_that_have_not_happened_yet_are_shown_as_zero_so_that_the_first_is_an_increase() -> None:
    registry = CollectorRegistry()
    ClassifierMetrics(registry)
    for name, labels in (
        ("entries_total", {"outcome": "dead"}),
        ("retries_total", {"cause": "dependency"}),
        ("predict_failures_total", {"code": "UNAVAILABLE"}),
        ("predict_failures_total", {"code": "NOT_A_NUMBER"}),
    ):
        assert registry.get_sample_value(f"tears_classifier_{name}", labels) == 0.0, name


def test_a_microphone_has_its_counters_before_the_first_crying() -> None:
    registry = CollectorRegistry()
    AlerterMetrics(registry).show_counters("nursery")
    for name, labels in (
        ("crying_seconds_total", {}),
        ("episodes_total", {}),
        ("last_episode_seconds", {}),
        ("tombstones_total", {"reason": "gap"}),
    ):
        assert registry.get_sample_value(f"tears_alerter_{name}", {"mic": "nursery", **labels}) == 0.0, name
    assert registry.get_sample_value("tears_alerter_detections_total", {"outcome": "dead"}) == 0.0
    assert registry.get_sample_value("tears_alerter_notifications_total", {"outcome": "failed"}) == 0.0
