"""Draw docs/dashboard-*.png: each panel of the Grafana dashboards, from the answers of a real Prometheus.

python docs/dashboard_picture.py                                      plays the demo's rooms first, for 7 minutes
python docs/dashboard_picture.py --prometheus http://127.0.0.1:9090   queries a Prometheus that is running
"""

import argparse
import sys
import time
from pathlib import Path

import matplotlib as mpl
from dashboard_board import SECONDS_PER_DAY, Board
from dashboard_panels import DASHBOARDS, Prometheus, QueryError, read_panels
from watched_demo import WatchedDemo

from tears.samples.scene import compose_scene

DOCS = Path(__file__).parent
PLAYED_SECONDS = 420.0
# The seeds of the rooms' scenes. The scenes are longer than the time that they are played, so that the microphones are
# still listening at the end.
ROOM_SEEDS = {"nursery": 7, "upstairs": 11}
ROOM_MINUTES = 9.0
SCENE_LEFT_SECONDS = 60.0 * ROOM_MINUTES - PLAYED_SECONDS


def _one_room_cries(prometheus: Prometheus) -> bool:
    """Return whether the panel *Now* shows one room that cries and one that is quiet."""
    panel = next(one for one in read_panels(DASHBOARDS / "nursery.json") if one.title == "Now")
    rooms = prometheus.answer(panel, panel.queries[0], prometheus.now_seconds(), SECONDS_PER_DAY)
    return {series.points[-1][1] for series in rooms} == {0.0, 1.0}


def draw_all(prometheus: Prometheus, out: Path, until_seconds: float, shown_seconds: float) -> list[str]:
    """Write a picture of each dashboard, and return the queries that had no answer.

    Raises:
        QueryError: Prometheus refused a query.
    """
    mpl.rcParams["font.family"] = ["DejaVu Sans"]
    empty = []
    for path in sorted(DASHBOARDS.glob("*.json")):
        board = Board(path.stem, prometheus, until_seconds, shown_seconds)
        board.draw().savefig(out / f"dashboard-{path.stem}.png")
        empty += board.empty
    return empty


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="dashboard_picture.py", description="Draw the Grafana dashboards.")
    parser.add_argument("--prometheus", metavar="URL", help="a Prometheus that already scrapes the services")
    parser.add_argument("--minutes", type=float, default=7.0, help="minutes that the pictures show (7)")
    parser.add_argument("--until", type=float, help="end of the time that is shown, in Unix seconds (now)")
    parser.add_argument("--out", type=Path, default=DOCS, metavar="DIR")
    arguments = parser.parse_args()
    shown_seconds = 60.0 * arguments.minutes
    try:
        if arguments.prometheus:
            until_seconds = arguments.until or time.time()
            empty = draw_all(Prometheus(arguments.prometheus), arguments.out, until_seconds, shown_seconds)
        else:
            scenes = {mic: compose_scene(seed, minutes=ROOM_MINUTES) for mic, seed in ROOM_SEEDS.items()}
            with WatchedDemo(scenes) as watched:
                began, prometheus = time.monotonic(), Prometheus(watched.url)
                watched.wait(lambda: time.monotonic() - began > PLAYED_SECONDS, "end of the demo", 2 * PLAYED_SECONDS)
                watched.wait(lambda: _one_room_cries(prometheus), "crying room beside a quiet one", SCENE_LEFT_SECONDS)
                empty = draw_all(prometheus, arguments.out, time.time(), shown_seconds)
    except QueryError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    for one in empty:
        sys.stderr.write(f"no answer: {one}\n")
    return 1 if empty else 0


if __name__ == "__main__":
    sys.exit(main())
