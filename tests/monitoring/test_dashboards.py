"""The dashboards: Grafana knows every key, and Prometheus has an answer to every query."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # it has no types
from dashboard_panels import DASHBOARDS, Panel, Prometheus, read_panels
from grafana_foundation_sdk.cog import plugins
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as grafana
from support.deployment.declared_metrics import undeclared
from watched_demo import WatchedDemo

from tears.alerter.settings import AlerterSettings
from tears.samples.scene import compose_scene

PATHS = sorted(DASHBOARDS.glob("*.json"))
PROVISIONING = DASHBOARDS.parent / "provisioning"
# Keys that Prometheus' plug-in adds to an annotation and that Grafana's types do not know.
PLUGIN_KEYS = {"step", "titleFormat"}

# The seed of a scene that begins with crying.
SEED = 4

each_dashboard = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)


def lost(before: Any, after: Any, where: str = "") -> Iterator[str]:
    """Yield the keys and values that a round trip through Grafana's own types loses."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key, value in before.items():
            if key in after:
                yield from lost(value, after[key], f"{where}.{key}")
            elif value is not None:
                yield f"{where}.{key}"
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for k, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from lost(one, other, f"{where}[{k}]")
    elif before != after:
        yield where


def lost_by_grafana(dashboard: dict[str, Any]) -> list[str]:
    plugins.register_default_plugins()
    back = json.loads(json.dumps(grafana.Dashboard.from_json(copy.deepcopy(dashboard)), cls=JSONEncoder))
    found = lost(dashboard, back)
    return [one for one in found if not (one.startswith(".annotations") and one.rpartition(".")[2] in PLUGIN_KEYS)]


@each_dashboard
def test_grafana_knows_each_key(path: Path) -> None:
    assert lost_by_grafana(json.loads(path.read_text())) == []


def test_a_key_that_grafana_does_not_know_is_found() -> None:
    dashboard = json.loads(PATHS[0].read_text())
    dashboard["panels"][0]["options"]["colourMode"] = "background"
    dashboard["panels"][5]["fieldConfig"]["defaults"]["custom"]["fillOpaqueness"] = 1
    assert lost_by_grafana(dashboard) == [
        ".panels[0].options.colourMode",
        ".panels[5].fieldConfig.defaults.custom.fillOpaqueness",
    ]


@each_dashboard
def test_panels_query_metrics_that_exist_and_do_not_hide_missing_ones(path: Path) -> None:
    for panel in read_panels(path):
        for query in panel.queries:
            assert undeclared(query.expr) == [], panel.title
            assert "vector(" not in query.expr
            assert query.legend


@each_dashboard
def test_it_links_to_the_journal_and_its_variables_query_metrics_that_exist(path: Path) -> None:
    dashboard = json.loads(path.read_text())
    variables = {one["name"]: one["query"]["query"] for one in dashboard["templating"]["list"]}
    assert {query: undeclared(query) for query in variables.values()} == {query: [] for query in variables.values()}
    (link,) = [one for one in dashboard["links"] if one["title"] == "Journal"]
    assert link["url"] == "${journal}"
    assert variables["journal"] == "label_values(tears_journal_page, url)"


@each_dashboard
def test_panels_do_not_overlap_and_have_a_description(path: Path) -> None:
    panels = [panel for panel in read_panels(path) if panel.kind != "annotation"]
    cells: dict[tuple[int, int], str] = {}
    for panel in panels:
        x, y, width, height = panel.place
        assert x + width <= 24
        for cell in ((column, row) for column in range(x, x + width) for row in range(y, y + height)):
            assert cells.setdefault(cell, panel.title) == panel.title
        assert panel.kind == "row" or panel.spec["description"]
    assert len({panel.spec["id"] for panel in panels}) == len(panels)


@each_dashboard
def test_every_panel_uses_the_data_source_that_is_provisioned(path: Path) -> None:
    source = yaml.safe_load((PROVISIONING / "datasources" / "prometheus.yml").read_text())["datasources"][0]

    def uids(part: Any) -> Iterator[str]:
        if isinstance(part, dict):
            for key, value in part.items():
                if key == "datasource" and isinstance(value, dict):
                    yield value["uid"]
                else:
                    yield from uids(value)
        elif isinstance(part, list):
            for one in part:
                yield from uids(one)

    assert set(uids(json.loads(path.read_text()))) <= {source["uid"], "-- Grafana --"}
    provider = yaml.safe_load((PROVISIONING / "dashboards" / "tears.yml").read_text())["providers"][0]
    assert provider["options"]["path"] == "/etc/grafana/dashboards"


def test_the_line_in_the_score_panel_is_the_alerters_threshold() -> None:
    (panel,) = [
        one for path in PATHS for one in read_panels(path) if "TEARS_ALERTER_" in one.spec.get("description", "")
    ]
    threshold = AlerterSettings().open_threshold

    assert [step["value"] for step in panel.defaults["thresholds"]["steps"]] == [None, threshold]
    assert f"TEARS_ALERTER_OPEN_THRESHOLD, {threshold:g})" in panel.spec["description"]


def test_both_dashboards_mark_the_episodes() -> None:
    for path in PATHS:
        assert "Crying" in [panel.title for panel in read_panels(path) if panel.kind == "annotation"]


def unanswered(panels: list[Panel], prometheus: Prometheus, now_seconds: float) -> list[str]:
    return [
        f"{panel.title}: {query.expr}"
        for panel in panels
        for query in panel.queries
        if not prometheus.answer(panel, query, now_seconds, 300.0)
    ]


@pytest.mark.timeout(300)
def test_each_query_has_an_answer_after_crying() -> None:
    # An annotation for something that did not happen has no answer.
    panels = [panel for path in PATHS for panel in read_panels(path) if panel.title != "Not listening"]
    missing: list[str] = []
    with WatchedDemo({"nursery": compose_scene(SEED, minutes=1.0)}, scrape_seconds=1) as watched:
        prometheus = Prometheus(watched.url)

        def all_are() -> bool:
            missing[:] = unanswered(panels, prometheus, prometheus.now_seconds())
            return not missing

        try:
            watched.wait(all_are, "answer to each query", 120.0)
        except TimeoutError:
            pytest.fail("no answer to\n" + "\n".join(missing))
