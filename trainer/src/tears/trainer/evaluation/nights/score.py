"""Scores the alerts of nights against their truth.

    python -m tears.trainer.evaluation.nights.score [--lines] night.truth.json=out/night/episodes.jsonl ..

A line of an episodes file is a JSON object with "alerted_at_seconds", when on the recording's own clock the parent is
told, and "end_seconds", when the episode was closed.

A bout of crying is detected when it is alerted: between its start and its end, or its first 10 s if it is shorter.
Or when it goes on: it starts within 10 s of the end of a detected bout whose episode is still open then.
An alert is false when it lies in no bout and not within 5 s after one; false alerts at most 10 s apart are one.
A bout whose label is suspect is neither detected nor missed, and an alert in it not false.

Prints one JSON object over all nights; with --lines one for each night first.
"""

import argparse
import json
import statistics
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tears.trainer.evaluation.nights.errors import NightError
from tears.trainer.evaluation.nights.truth import CRYING, Event, Truth, read_truth

# A short bout may be over before anybody can have been told.
LEAST_BOUT_SECONDS = 10
# A bout that starts this soon after the one before belongs to it, while the episode is open.
GOES_ON_SECONDS = 10
# A window that still holds some crying may alert after it.
AFTER_RING_SECONDS = 5
SAME_FALSE_ALERT_SECONDS = 10
# A window and the time to decide on it: so old may the sound be that set off a false alert.
BLAME_SECONDS = 8
NOBODY_TO_BLAME = "room noise"


@dataclass(frozen=True, slots=True, order=True)
class Alert:
    """An episode as the parent sees it."""

    alerted_at_seconds: float
    end_seconds: float


@dataclass(frozen=True, slots=True)
class MissedBout:
    """A bout that nobody was told of."""

    start: float
    level_dbfs: float
    original_recording: str


@dataclass(frozen=True, slots=True)
class NightScore:
    """How one night went.

    Attributes:
        bouts: Bouts of crying, those of suspect labels left out.
        detected: How many of them the parent knew of.
        latencies: Seconds from the start of a bout to its first alert; none for a bout that went on.
        alerts_inside: Alerts during bouts, also those of suspect labels.
        false_by_category: False alerts, by what sounded.
        hours: Length of the night.
        missed: The other bouts.
    """

    bouts: int
    detected: int
    latencies: tuple[float, ...]
    alerts_inside: int
    false_by_category: dict[str, int]
    hours: float
    missed: tuple[MissedBout, ...]


@dataclass(frozen=True, slots=True)
class _Told:
    """What the parent knows: of a bout that ended, and that its episode is open until then."""

    bout_end: float
    open_until: float


def score_night(truth: Truth, alerts: Iterable[Alert]) -> NightScore:
    """Judges the alerts of one night."""
    alerts = sorted(alerts)
    bouts = sorted((event for event in truth.events if event.label == CRYING), key=lambda bout: bout.start)
    latencies: list[float] = []
    missed: list[MissedBout] = []
    detected = alerts_inside = 0
    told: _Told | None = None
    for bout in bouts:
        inside = [alert for alert in alerts if bout.start <= alert.alerted_at_seconds <= _told_by(bout)]
        alerts_inside += len(inside)
        goes_on = told is not None and _goes_on(bout, told)
        if inside or goes_on:
            open_until = [alert.end_seconds for alert in inside]
            if told is not None and goes_on:
                open_until.append(told.open_until)
            told = _Told(bout.end, max(open_until))
        if bout.label_suspect:
            continue
        if not inside and not goes_on:
            missed.append(MissedBout(bout.start, bout.level_dbfs, bout.original_recording))
            continue
        detected += 1
        if not goes_on:
            latencies.append(inside[0].alerted_at_seconds - bout.start)
    return NightScore(
        bouts=detected + len(missed),
        detected=detected,
        latencies=tuple(latencies),
        alerts_inside=alerts_inside,
        false_by_category=dict(_false_alerts(truth.events, bouts, alerts)),
        hours=truth.duration_seconds / 3600,
        missed=tuple(missed),
    )


def summary(scores: Sequence[NightScore]) -> dict[str, Any]:
    """All nights as one, with the keys that are printed.

    Raises:
        NightError: The nights have no length.
    """
    hours = sum(score.hours for score in scores)
    if not hours:
        raise NightError("Nights of no length have no false alerts per hour")
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
    """Reads an episodes file.

    Raises:
        NightError: There is no such file, or a line of it is no closed episode.
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
            raise NightError(f"{path}, line {number}, is no closed episode: {error!r}") from error
    return alerts


def _told_by(bout: Event) -> float:
    return max(bout.end, bout.start + LEAST_BOUT_SECONDS)


def _goes_on(bout: Event, told: _Told) -> bool:
    return bout.start <= told.bout_end + GOES_ON_SECONDS and bout.start <= told.open_until


def _false_alerts(events: Sequence[Event], bouts: Sequence[Event], alerts: Sequence[Alert]) -> Counter[str]:
    """False alerts, by the category of the sound that was to blame."""
    blamed: Counter[str] = Counter()
    before: float | None = None
    for alert in alerts:
        at = alert.alerted_at_seconds
        if any(bout.start <= at <= max(bout.end + AFTER_RING_SECONDS, _told_by(bout)) for bout in bouts):
            continue
        if before is None or at - before > SAME_FALSE_ALERT_SECONDS:
            heard = (e for e in events if e.label != CRYING and e.start < at and e.end > at - BLAME_SECONDS)
            to_blame = next(heard, None)
            blamed[to_blame.category if to_blame else NOBODY_TO_BLAME] += 1
        before = at
    return blamed


def main(arguments: Sequence[str] | None = None) -> int:
    """Scores nights from the command line; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="score-nights", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--lines", action="store_true", help="print a line for each night as well")
    parser.add_argument("nights", nargs="+", metavar="TRUTH=EPISODES")
    options = parser.parse_args(arguments)
    scores = []
    try:
        for night in options.nights:
            truth, _, episodes = night.partition("=")
            if not episodes:
                parser.error(f"{night} does not name a truth and its episodes, as TRUTH=EPISODES does")
            scores.append(score_night(read_truth(Path(truth)), read_alerts(Path(episodes))))
            if options.lines:
                print(json.dumps({"night": truth, **asdict(scores[-1])}))
        print(json.dumps(summary(scores)))
    except NightError as error:
        print(f"score-nights: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
