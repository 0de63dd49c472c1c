"""Draw one Grafana dashboard with matplotlib, from the answers of a real Prometheus.

The picture is not a screenshot: fonts and details differ. The panels, their places, queries, units and words are those
in the dashboard's JSON.
"""

import datetime as dt
import math
from collections.abc import Sequence

from dashboard_panels import DASHBOARDS, Panel, Prometheus, Series, read_panels
from matplotlib import dates
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch
from matplotlib.ticker import FuncFormatter, MaxNLocator

SECONDS_PER_DAY = 86_400.0
# The size of a cell of Grafana's grid, in inches.
CELL_WIDTH, CELL_HEIGHT = 0.62, 0.36
PAPER, CARD, INK, FAINT, GRID = "#eef0f3", "#ffffff", "#24292f", "#7a828c", "#e3e6ea"
SERIES_COLOURS = ("#4a7fb5", "#e0953b", "#5aa469", "#8e6bbf", "#d1495b", "#3f9c9c", "#a8763e", "#c76ba0")
UNIT_NAMES = {"s": "s", "m": "min", "dB": "dB", "ops": "/s", "bytes": "MiB", "percentunit": "%"}
UNIT_FACTORS = {"bytes": 1 / 2**20, "percentunit": 100.0}
LEGEND_ROW_INCHES = 0.135


class Board:
    """The picture of one dashboard.

    Attributes:
        empty: The queries that had no answer, each with its panel.
    """

    def __init__(self, name: str, prometheus: Prometheus, until_seconds: float, shown_seconds: float) -> None:
        self._prometheus = prometheus
        self._until = until_seconds
        self._shown = shown_seconds
        panels = read_panels(DASHBOARDS / f"{name}.json")
        self.panels = [panel for panel in panels if panel.kind != "annotation"]
        self._bands = self._episodes([panel for panel in panels if panel.kind == "annotation"])
        self._rows = max(y + height for _, y, _, height in (panel.place for panel in self.panels))
        self._title = name.capitalize()
        self.empty: list[str] = []

    def draw(self) -> Figure:
        """Draw all panels and return the figure."""
        # Two rows of the grid are added for the heading.
        figure = Figure(figsize=(24 * CELL_WIDTH, (self._rows + 2) * CELL_HEIGHT), facecolor=PAPER, dpi=100)
        y = 1 - 1.2 / (self._rows + 2)
        shown = f"the {self._shown / 60:.0f} minutes until {_local(self._until):%H:%M}, from Prometheus"
        figure.text(0.012, y, self._title, size=19, weight="bold", color=INK, va="center")
        figure.text(0.988, y, shown, size=10, color=FAINT, ha="right", va="center")
        for panel in self.panels:
            self._draw_panel(figure, panel)
        return figure

    def _episodes(self, annotations: Sequence[Panel]) -> list[tuple[str, float, float]]:
        """Return (colour, start, end) of each time span that an annotation marks, in Unix seconds."""
        bands = []
        for panel in annotations:
            for series in self._prometheus.answer(panel, panel.queries[0], self._until, self._shown):
                start = before = series.points[0][0]
                for at, _ in [*series.points[1:], (float("inf"), 0.0)]:
                    if at - before > panel.step_seconds(self._shown):
                        bands.append((panel.spec["iconColor"], start, before))
                        start = at
                    before = at
        return bands

    def _named(self, panel: Panel) -> list[tuple[str, Series]]:
        """Return each series with its legend, and note queries without an answer in `empty`."""
        found = []
        for query in panel.queries:
            series = self._prometheus.answer(panel, query, self._until, self._shown)
            if not series:
                self.empty.append(f"{self._title} / {panel.title}: {query.expr}")
            found += [(query.name(one.labels), one) for one in series]
        return found

    def _draw_panel(self, figure: Figure, panel: Panel) -> None:
        x, y, width, height = panel.place
        columns, rows = 24.0, self._rows + 2.0
        left, top = x / columns, 1 - (y + 2) / rows
        if panel.kind == "row":
            figure.text(left + 0.012, top - 0.55 / rows, panel.title, size=12.5, weight="bold", color=INK, va="center")
            return
        gap_x, gap_y = 0.12 / columns, 0.2 / rows
        box = (left + gap_x, top - height / rows + gap_y, width / columns - 2 * gap_x, height / rows - 2 * gap_y)
        card = figure.add_axes(box, facecolor="none")
        card.set_axis_off()
        card.set_xlim(0, box[2] * figure.get_figwidth())
        card.set_ylim(0, box[3] * figure.get_figheight())
        card.add_patch(_rounded(0, 0, card.get_xlim()[1], card.get_ylim()[1], CARD, edge=GRID))
        card.text(0.12, card.get_ylim()[1] - 0.2, panel.title, size=9.5, weight="bold", color=INK, va="center")
        if panel.kind == "stat":
            self._draw_stat(card, panel)
        elif panel.kind == "alertlist":
            summaries = sorted(set(self._prometheus.alerts())) or ["None."]
            card.text(0.12, card.get_ylim()[1] - 0.5, "\n".join(summaries), size=9, color=INK, va="top")
        else:
            legend_height = 0.3
            inset = (box[0] + 0.55 / figure.get_figwidth(), box[1] + (0.28 + legend_height) / figure.get_figheight())
            size = (box[2] - 0.7 / figure.get_figwidth(), box[3] - (0.72 + legend_height) / figure.get_figheight())
            axes = figure.add_axes((*inset, *size))
            (self._draw_timeline if panel.kind == "state-timeline" else self._draw_series)(figure, axes, panel)

    def _draw_stat(self, card: Axes, panel: Panel) -> None:
        named: list[tuple[str, Series | None]] = [*self._named(panel)] or [("", None)]
        width, height = card.get_xlim()[1], card.get_ylim()[1] - 0.45
        each = (width - 0.2) / len(named)
        is_filled = panel.spec["options"]["colorMode"] == "background"
        for k, (name, series) in enumerate(named):
            word, colour = _worded(panel, series)
            left = 0.1 + k * each
            if is_filled:
                card.add_patch(_rounded(left + 0.03, 0.1, each - 0.06, height - 0.1, colour))
            ink = "white" if is_filled else colour
            size = min(26.0, each * 105 / max(len(word), 4), height * 24)
            card.text(left + each / 2, 0.1 + height * 0.52, word, size=size, weight="bold", color=ink, ha="center")
            small = min(9.0, each * 120 / max(len(name), 8))
            name_ink = "white" if is_filled else FAINT
            card.text(left + each / 2, 0.1 + height * 0.2, name, size=small, color=name_ink, ha="center")

    def _draw_timeline(self, figure: Figure, axes: Axes, panel: Panel) -> None:
        words = panel.defaults["mappings"][0]["options"]
        named = self._named(panel)
        step = panel.step_seconds(self._shown) / SECONDS_PER_DAY
        shown: dict[str, str] = {}
        for k, (_, series) in enumerate(named):
            for at, value in series.points:
                word = words[f"{value:g}"]
                shown[word["text"]] = word["color"]
                axes.broken_barh([(_days(at), step)], (k - 0.4, 0.8), color=word["color"], linewidth=0)
        axes.set_yticks(range(len(named)), [name for name, _ in named])
        for word, colour in shown.items():
            axes.plot([], [], color=colour, linewidth=6, label=word)
        self._dress(figure, axes, self._until - self._shown)

    def _draw_series(self, figure: Figure, axes: Axes, panel: Panel) -> None:
        custom, unit = panel.defaults["custom"], panel.defaults["unit"]
        is_bars, is_stacked = custom["drawStyle"] == "bars", custom["stacking"]["mode"] == "normal"
        step = panel.step_seconds(self._shown)
        base: dict[float, float] = {}
        highest = float("-inf")
        for k, (name, series) in enumerate(self._named(panel)):
            colour = SERIES_COLOURS[k % len(SERIES_COLOURS)]
            at = [_days(when) for when, _ in series.points]
            lows = [base.get(when, 0.0) for when, _ in series.points]
            values = [value * UNIT_FACTORS.get(unit, 1.0) for _, value in series.points]
            highs = [low + value for low, value in zip(lows, values, strict=True)] if is_stacked else values
            highest = max(highest, *highs)
            if is_stacked:
                base |= {when: high for (when, _), high in zip(series.points, highs, strict=True)}
            if is_bars:
                axes.bar(at, values, 0.8 * step / SECONDS_PER_DAY, bottom=lows, color=colour, label=name, align="edge")
                continue
            axes.plot(at, highs, color=colour, linewidth=1.6, label=name)
            if is_stacked:
                axes.fill_between(at, lows, highs, color=colour, alpha=0.25, linewidth=0)
        if not is_bars:
            self._mark_episodes(axes)
        factor = UNIT_FACTORS.get(unit, 1.0)
        if custom.get("thresholdsStyle"):
            limit = panel.defaults["thresholds"]["steps"][-1]
            axes.axhline(limit["value"] * factor, color=limit["color"], linewidth=1, linestyle="--")
        low, high = panel.defaults.get("min"), panel.defaults.get("max")
        axes.margins(y=0.08)
        axes.set_ylim(None if low is None else low * factor)
        if high is not None:
            axes.set_ylim(top=high * factor)
        elif highest <= 0.0:
            axes.set_ylim(top=1.0)
        axes.yaxis.set_major_locator(MaxNLocator(4))
        sign = UNIT_NAMES.get(unit, "")
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.4g} {sign}".strip()))
        self._dress(figure, axes, self._until - panel.span_seconds(self._shown), pad_seconds=step if is_bars else 0)

    def _mark_episodes(self, axes: Axes) -> None:
        for colour, start, end in self._bands:
            if start < end:
                axes.axvspan(_days(start), _days(end), color=colour, alpha=0.10, linewidth=0)
            else:
                # Grafana draws a span without a length as a line.
                axes.axvline(_days(start), color=colour, alpha=0.35, linewidth=1)

    def _dress(self, figure: Figure, axes: Axes, since_seconds: float, pad_seconds: float = 0.0) -> None:
        axes.set_facecolor(CARD)
        axes.set_xlim(_days(since_seconds), _days(self._until + pad_seconds))
        locator = dates.AutoDateLocator(minticks=3, maxticks=9)  # type: ignore[no-untyped-call]  # it has no types
        axes.xaxis.set_major_locator(locator)
        clock = "%H:%M" if self._until - since_seconds < 2 * SECONDS_PER_DAY else "%-d %b"
        axes.xaxis.set_major_formatter(dates.DateFormatter(clock))  # type: ignore[no-untyped-call]  # likewise
        axes.grid(color=GRID, linewidth=0.8, axis="y")
        axes.set_axisbelow(True)
        axes.tick_params(labelsize=8, colors=FAINT, length=0)
        for spine in axes.spines.values():
            spine.set_visible(False)
        handles, labels = axes.get_legend_handles_labels()
        place = axes.get_position()
        width, height = place.width * figure.get_figwidth(), place.height * figure.get_figheight()
        fit = max(1, int(width / (0.42 + 0.054 * max((len(one) for one in labels), default=1))))
        more = LEGEND_ROW_INCHES * (math.ceil(max(len(labels), 1) / fit) - 1)
        axes.set_position(
            (place.x0, place.y0 + more / figure.get_figheight(), place.width, (height - more) / figure.get_figheight())
        )
        below = -0.3 / (height - more)
        axes.legend(
            handles,
            labels,
            loc="upper left",
            bbox_to_anchor=(-0.02, below),
            ncols=min(fit, max(len(labels), 1)),
            frameon=False,
            fontsize=7.5,
            labelcolor=INK,
            handlelength=1.2,
            columnspacing=1.2,
            borderaxespad=0,
            labelspacing=0.15,
        )


def _rounded(x: float, y: float, width: float, height: float, colour: str, edge: str = "none") -> FancyBboxPatch:
    style = "round,pad=0,rounding_size=0.07"
    return FancyBboxPatch((x, y), width, height, boxstyle=style, facecolor=colour, edgecolor=edge, linewidth=0.8)


def _worded(panel: Panel, series: Series | None) -> tuple[str, str]:
    """Return the text and the colour of a series' last value, by the mappings of its panel."""
    defaults = panel.defaults
    steps = defaults["thresholds"]["steps"]
    if series is None:
        return defaults.get("noValue", "No data"), FAINT
    value = series.points[-1][1]
    colour = [one["color"] for one in steps if one["value"] is None or value >= one["value"]][-1]
    for mapping in defaults["mappings"]:
        if f"{value:g}" in mapping["options"]:
            word = mapping["options"][f"{value:g}"]
            return word["text"], word["color"]
    if defaults.get("unit") == "s":
        return (f"{value / 60:.1f} min" if value >= 60 else f"{value:.0f} s"), colour  # noqa: PLR2004 - seconds
    return f"{value:.0f}", colour


def _local(seconds: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(seconds).astimezone()


def _days(seconds: float) -> float:
    """Return matplotlib's number of days for a time, on the local clock."""
    return float(dates.date2num(_local(seconds).replace(tzinfo=None)))  # type: ignore[no-untyped-call]  # likewise
