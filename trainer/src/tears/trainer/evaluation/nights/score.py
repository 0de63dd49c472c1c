"""Score the alerts of nights against their truth.

    python -m tears.trainer.evaluation.nights.score [--lines] night.truth.json=out/night/episodes.jsonl ...

A line of an episodes file is a JSON object with "alerted_at_seconds", when the alert was given, and "end_seconds",
when the episode was closed: both in seconds from the start of the recording.

An episode of crying is detected if an alert comes between its start and its end, or in its first 10 s if it is shorter.
It is also detected if it continues a detected one: it starts within 10 s of that one's end, while the alert's episode
is open. An alert is false if it is in no episode of crying and not within 5 s after one. False alerts at most 10 s
apart count as one. An episode whose label is suspect is neither detected nor missed, and an alert in it is not false.

The command prints one JSON object over all nights; with --lines it prints one for each night first.
"""

import argparse
import json
import math
import statistics
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tears.own_data.labels.label_names import CRYING
from tears.trainer.errors import NightError
from tears.trainer.evaluation.nights.truth import NightEvent, NightTruth, read_truth
from tears.trainer.module_command import module_command

# A short episode may be over before there can be an alert.
LEAST_ALERT_SECONDS = 10
# An episode that starts this soon after the one before continues it, while the alert's episode is open.
CONTINUES_SECONDS = 10
# A window that still contains some of the crying may cause an alert after the episode.
AFTER_EPISODE_SECONDS = 5
SAME_FALSE_ALERT_SECONDS = 10
# A window and the time to decide: the sound that caused a false alert ended at most this long before it.
CAUSE_SECONDS = 8
NO_CAUSE = "room noise"


@dataclass(frozen=True, slots=True, order=True)
class Alert:
    """An alert, and the end of its episode."""

    alerted_at_seconds: float
    end_seconds: float


@dataclass(frozen=True, slots=True)
class MissedEpisode:
    """An episode of crying without an alert."""

    start: float
    level_dbfs: float
    original_recording: str


@dataclass(frozen=True, slots=True)
class NightScore:
    """The score of one night. Episodes whose label is suspect count only in `alerts_inside`."""

    bouts: int  # the true episodes of crying; the fields are printed, and keep their older names
    detected: int
    latencies: tuple[float, ...]  # seconds from an episode's start to its first alert; none if it continues another
    alerts_inside: int  # alerts during episodes
    false_by_category: dict[str, int]  # false alerts by the category of their cause
    hours: float  # the length of the night
    missed: tuple[MissedEpisode, ...]


def score_night(truth: NightTruth, alerts: Iterable[Alert]) -> NightScore:
    """Score the alerts of one night."""
    alerts = sorted(alerts)
    episodes = sorted((event for event in truth.events if event.label == CRYING), key=lambda event: event.start)
    latencies: list[float] = []
    missed: list[MissedEpisode] = []
    detected = alerts_inside = 0
    # The ends of the last true episode that had an alert, and of that alert's episode.
    last_end = open_until = -math.inf
    for episode in episodes:
        inside = [alert for alert in alerts if episode.start <= alert.alerted_at_seconds <= _latest_alert(episode)]
        alerts_inside += len(inside)
        continues = episode.start <= min(last_end + CONTINUES_SECONDS, open_until)
        if inside or continues:
            ends = [alert.end_seconds for alert in inside]
            last_end, open_until = episode.end, max([*ends, open_until] if continues else ends)
        if episode.label_suspect:
            continue
        if not inside and not continues:
            missed.append(MissedEpisode(episode.start, episode.level_dbfs, episode.original_recording))
            continue
        detected += 1
        if not continues:
            latencies.append(inside[0].alerted_at_seconds - episode.start)
    return NightScore(
        bouts=detected + len(missed),
        detected=detected,
        latencies=tuple(latencies),
        alerts_inside=alerts_inside,
        false_by_category=dict(_false_alerts(truth.events, episodes, alerts)),
        hours=truth.duration_seconds / 3600,
        missed=tuple(missed),
    )


def summary(scores: Sequence[NightScore]) -> dict[str, Any]:
    """Return the figures of all nights together, with the keys that are printed.

    Raises:
        NightError: The nights have no length.
    """
    hours = sum(score.hours for score in scores)
    if not hours:
        raise NightError("nights of no length have no false alerts per hour")
    detected = sum(score.detected for score in scores)
    latencies = [latency for score in scores for latency in score.latencies]
    false = sum((Counter(score.false_by_category) for score in scores), Counter[str]())
    inside = sum(score.alerts_inside for score in scores)
    return {
        "bouts": sum(score.bouts for score in scores),
        "detected": detected,
        "median_latency_seconds": round(statistics.median(latencies), 2) if latencies else None,
        "false_alerts_per_hour": round(false.total() / hours, 2),
        "hours": round(hours, 2),
        "false_by_category": dict(false),
        "alerts_per_bout": round(inside / detected, 2) if detected else None,
    }


def read_alerts(path: Path) -> list[Alert]:
    """Read an episodes file.

    Raises:
        NightError: There is no such file, or one of its lines is not a closed episode.
    """
    try:
        lines = path.read_text().splitlines()
    except OSError as error:
        raise NightError(f"{path} cannot be read: {error.strerror}") from error
    alerts = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            episode = json.loads(line)
            alerts.append(Alert(float(episode["alerted_at_seconds"]), float(episode["end_seconds"])))
        except (ValueError, KeyError, TypeError) as error:
            raise NightError(f"{path}, line {number}, is not a closed episode: {error!r}") from error
    return alerts


def _latest_alert(episode: NightEvent) -> float:
    """Return until when an alert counts as an alert of the episode."""
    return max(episode.end, episode.start + LEAST_ALERT_SECONDS)


def _false_alerts(events: Sequence[NightEvent], cries: Sequence[NightEvent], alerts: Sequence[Alert]) -> Counter[str]:
    """Count the false alerts by the category of the sound that caused them."""
    causes: Counter[str] = Counter()
    before: float | None = None
    for alert in alerts:
        at = alert.alerted_at_seconds
        if any(one.start <= at <= max(one.end + AFTER_EPISODE_SECONDS, _latest_alert(one)) for one in cries):
            continue
        if before is None or at - before > SAME_FALSE_ALERT_SECONDS:
            sounding = (e for e in events if e.label != CRYING and e.start < at and e.end > at - CAUSE_SECONDS)
            cause = next(sounding, None)
            causes[cause.category if cause else NO_CAUSE] += 1
        before = at
    return causes


@module_command("score-nights")
def main(arguments: Sequence[str] | None = None) -> None:
    """Score nights from the command line."""
    parser = argparse.ArgumentParser(
        prog="score-nights", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--lines", action="store_true", help="also print a line for each night")
    parser.add_argument("nights", nargs="+", metavar="TRUTH=EPISODES")
    options = parser.parse_args(arguments)
    scores = []
    for night in options.nights:
        truth, _, episodes = night.partition("=")
        if not episodes:
            parser.error(f"{night} is not TRUTH=EPISODES")
        scores.append(score_night(read_truth(Path(truth)), read_alerts(Path(episodes))))
        if options.lines:
            print(json.dumps({"night": truth, **asdict(scores[-1])}))
    print(json.dumps(summary(scores)))


if __name__ == "__main__":
    sys.exit(main())
