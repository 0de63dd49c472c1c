"""The demo's cries become episodes in Redis, metrics in Prometheus, and answers to the dashboards."""

import json
from pathlib import Path
from typing import Any

from dashboard_panels import DASHBOARDS, Prometheus, read_panels
from dashboard_picture import draw_all
from support.deployment.compose import LOOK_SECONDS, RUNNING, Containers
from support.deployment.demo_episodes import CRIES_SECONDS, closed_episodes
from support.deployment.promql import query_value
from support.waiting import wait_until

from tears.cli.demo import ALERT_SECONDS

SCRAPES_SECONDS = 120.0
SHOWN_SECONDS = 900.0


def truth(pipeline: Containers) -> list[dict[str, Any]]:
    """Return the demo's episodes of crying, as its generator wrote them to a file."""
    status, text = pipeline.run_in("demo", "cat", "/scenes/nursery.truth.json")
    assert status == 0, text
    return [event for event in json.loads(text)["events"] if event["label"] == "crying"]


def test_the_demos_cries_become_episodes_and_no_other_sound_does(pipeline: Containers) -> None:
    wait_until(
        lambda: len({round(one.start_seconds) for one in closed_episodes(pipeline)}) >= 2,
        CRIES_SECONDS,
        describe=lambda: f"two episodes of the demo; there are {closed_episodes(pipeline)}\n{pipeline.logs('alerter')}",
        look_seconds=LOOK_SECONDS,
    )

    cries = truth(pipeline)
    for one in closed_episodes(pipeline):
        hits = [e for e in cries if e["start"] <= one.alerted_at_seconds <= max(e["end"], e["start"] + ALERT_SECONDS)]
        assert hits, f"{one} is not one of {cries}"


def test_prometheus_counts_the_episodes(pipeline: Containers) -> None:
    address = f"{pipeline.address('prometheus')}:9090"

    wait_until(
        lambda: (
            query_value(address, 'tears_alerter_episodes_total{mic="demo"}') >= 1
            and query_value(address, 'tears_alerter_crying_seconds_total{mic="demo"}') > 0
        ),
        CRIES_SECONDS,
        describe="the demo's episodes in Prometheus",
        look_seconds=LOOK_SECONDS,
    )
    # Each service is found by its name: two recorders, one of each other service, and Prometheus itself.
    assert query_value(address, "count(up == 1)") == len(set(RUNNING) - {"redis"})


def test_every_query_of_the_dashboards_is_answered(pipeline: Containers) -> None:
    prometheus = Prometheus(f"http://{pipeline.address('prometheus')}:9090")
    panels = [panel for path in DASHBOARDS.glob("*.json") for panel in read_panels(path)]
    assert panels

    def unanswered() -> list[str]:
        now = prometheus.now_seconds()
        return [
            f"{panel.title}: {query.expr}"
            for panel in panels
            for query in panel.queries
            if not prometheus.answer(panel, query, now, SHOWN_SECONDS)
        ]

    wait_until(
        lambda: not unanswered(),
        SCRAPES_SECONDS,
        describe=lambda: "no answer to\n" + "\n".join(unanswered()),
        look_seconds=5.0,
    )


def test_each_dashboard_can_be_drawn_from_its_answers(pipeline: Containers, tmp_path: Path) -> None:
    prometheus = Prometheus(f"http://{pipeline.address('prometheus')}:9090")

    wait_until(
        lambda: draw_all(prometheus, tmp_path, prometheus.now_seconds(), SHOWN_SECONDS) == [],
        SCRAPES_SECONDS,
        describe="pictures without an empty panel",
        look_seconds=5.0,
    )
    assert {path.name for path in tmp_path.iterdir()} == {f"dashboard-{path.stem}.png" for path in DASHBOARDS.glob("*")}
