"""Read the Grafana dashboards in monitoring/ as panels with queries, and ask a Prometheus for the answers."""

import json
import math
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

# Not through the proxy that http_proxy names: Prometheus is in the house.
OPENER_TO_PROMETHEUS = urllib.request.build_opener(urllib.request.ProxyHandler({}))

DASHBOARDS: Final = Path(__file__).parents[1] / "monitoring" / "grafana" / "dashboards"
SCRAPE_SECONDS: Final = 5
# The number of points that a panel of common width asks for.
MOST_POINTS: Final = 600
_SECONDS_OF_UNIT: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


class QueryError(RuntimeError):
    """Raised when Prometheus refuses a query or does not answer."""


@dataclass(frozen=True)
class Series:
    """One series of an answer: its labels, and pairs of (Unix seconds, value)."""

    labels: dict[str, str]
    points: list[tuple[float, float]]


@dataclass(frozen=True)
class Query:
    """A query as it stands in the dashboard, before Grafana's variables are replaced."""

    expr: str
    legend: str
    is_instant: bool = False

    def name(self, labels: dict[str, str]) -> str:
        """Return the legend of the series with these labels."""
        return re.sub(r"{{\s*(\w+)\s*}}", lambda found: labels.get(found[1], ""), self.legend)


@dataclass(frozen=True)
class Panel:
    """A panel of a dashboard.

    Attributes:
        kind: Grafana's name for its type: `stat`, `timeseries`, ...
        place: x, y, width and height in Grafana's grid of 24 columns.
        queries: Empty for a panel that does not query Prometheus.
        spec: The panel's JSON.
    """

    title: str
    kind: str
    place: tuple[int, int, int, int]
    queries: list[Query]
    spec: dict[str, Any]

    @property
    def defaults(self) -> dict[str, Any]:
        """Return the defaults of its fields: unit, colours and words."""
        found: dict[str, Any] = self.spec.get("fieldConfig", {}).get("defaults", {})
        return found

    def span_seconds(self, shown_seconds: float) -> float:
        """Return how far back the panel looks: the dashboard's time range or its own."""
        return seconds_of(self.spec["timeFrom"]) if "timeFrom" in self.spec else shown_seconds

    def step_seconds(self, shown_seconds: float) -> int:
        """Return the time from one point to the next."""
        least = seconds_of(self.spec.get("interval") or self.spec.get("step") or f"{SCRAPE_SECONDS}s")
        return max(int(least), math.ceil(self.span_seconds(shown_seconds) / MOST_POINTS))


def seconds_of(duration: str) -> float:
    """Return the seconds of a duration such as `5s`, `1h` or `14d`."""
    return int(duration[:-1]) * _SECONDS_OF_UNIT[duration[-1]]


def read_panels(path: Path) -> list[Panel]:
    """Read all panels of a dashboard. Its annotations come last, as panels of the kind `annotation`."""
    dashboard = json.loads(path.read_text())
    panels = [
        Panel(
            spec.get("title", ""),
            spec["type"],
            (spec["gridPos"]["x"], spec["gridPos"]["y"], spec["gridPos"]["w"], spec["gridPos"]["h"]),
            [Query(one["expr"], one["legendFormat"], one.get("instant", False)) for one in spec.get("targets", [])],
            spec,
        )
        for spec in dashboard["panels"]
    ]
    annotations = [one for one in dashboard["annotations"]["list"] if "expr" in one]
    return panels + [
        Panel(one["name"], "annotation", (0, 0, 0, 0), [Query(one["expr"], one["titleFormat"])], one)
        for one in annotations
    ]


class Prometheus:
    """The HTTP API of a Prometheus server."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")

    def answer(self, panel: Panel, query: Query, until_seconds: float, shown_seconds: float) -> list[Series]:
        """Return what Grafana would get for one query of a panel, for all rooms.

        The times are whole multiples of the step, as Grafana's are. A query that looks ahead (with a negative
        `offset`) is also evaluated at the step after `until_seconds`, where its newest result appears.

        Raises:
            QueryError: There is no answer.
        """
        span_seconds, step_seconds = panel.span_seconds(shown_seconds), panel.step_seconds(shown_seconds)
        rate_seconds = max(step_seconds + SCRAPE_SECONDS, 4 * SCRAPE_SECONDS)
        expr = query.expr.replace("$__rate_interval", f"{rate_seconds}s").replace("$mic", ".*")
        expr = expr.replace("$__interval", f"{step_seconds}s").replace("$__range", f"{math.ceil(span_seconds)}s")
        if query.is_instant:
            return list(self._ask("query", query=expr, time=until_seconds))
        first = math.floor((until_seconds - span_seconds) / step_seconds) * step_seconds
        looks_ahead = bool(re.search(r"offset\s+-", expr))
        last = (math.ceil if looks_ahead else math.floor)(until_seconds / step_seconds) * step_seconds
        return list(self._ask("query_range", query=expr, start=first, end=last, step=step_seconds))

    def now_seconds(self) -> float:
        """Return the time of the server, in Unix seconds."""
        return float(self._get("query", {"query": "time()"})["result"][0])

    def alerts(self) -> list[str]:
        """Return the summaries of the alerts that are firing."""
        found: list[dict[str, Any]] = self._get("alerts", {})["alerts"]
        return [one["annotations"]["summary"] for one in found if one["state"] == "firing"]

    def _ask(self, path: str, **parameters: object) -> Iterator[Series]:
        for one in self._get(path, parameters)["result"]:
            points = one["values"] if "values" in one else [one["value"]]
            finite = [(float(at), float(value)) for at, value in points if math.isfinite(float(value))]
            if finite:
                yield Series(one["metric"], finite)

    def _get(self, path: str, parameters: dict[str, object]) -> dict[str, Any]:
        url = f"{self._url}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        try:
            with OPENER_TO_PROMETHEUS.open(url, timeout=60.0) as reply:
                answer: dict[str, Any] = json.load(reply)["data"]
        except urllib.error.HTTPError as error:
            raise QueryError(f"{parameters.get('query', path)}: {error.read().decode()}") from error
        except OSError as error:
            raise QueryError(f"{url}: {error}") from error
        return answer
