"""Searches for the alerting policy that suits a model, on composed nights with the truth beside them.

python -m tears.training.policy_search NIGHT.truth.json=NIGHT.detections.jsonl...
"""

import argparse
import itertools
import json
import statistics
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tears.training.alerting import Detection, Episode, Policy, episodes

SAME_ALERT_SECONDS = 10.0
WANTED_FALSE_PER_HOUR = 1.0
WANTED_LATENCY_SECONDS = 3.0


@dataclass(frozen=True)
class Bout:
    """A bout of crying in a night's truth."""

    start_seconds: float
    end_seconds: float
    suspect: bool


@dataclass(frozen=True)
class Night:
    """A night's truth and what the model said."""

    bouts: list[Bout]
    hours: float
    detections: list[Detection]


@dataclass(frozen=True)
class Tally:
    """What a policy made of nights.

    Attributes:
        bouts: Of crying, but for suspect ones.
        detected: Of these, told in time.
        false_alerts: Alerts outside every bout; those within 10 s of each other count once.
        hours: Of all nights.
        latencies: Seconds from a bout's start to its first alert.
        alerts_inside: Alerts inside bouts: more than one a bout is a nuisance.
    """

    bouts: int
    detected: int
    false_alerts: int
    hours: float
    latencies: list[float]
    alerts_inside: int

    @property
    def recall(self) -> float:
        """The share of bouts that were told."""
        return self.detected / self.bouts if self.bouts else 0.0

    @property
    def false_per_hour(self) -> float:
        """False alerts an hour."""
        return self.false_alerts / self.hours

    @property
    def median_latency_seconds(self) -> float:
        """Half of the bouts were told sooner."""
        return statistics.median(self.latencies) if self.latencies else float("inf")

    def merit(self) -> float:
        """Higher is better: the recall, less what false alerts and lateness beyond what is wanted cost."""
        late = max(0.0, self.median_latency_seconds - WANTED_LATENCY_SECONDS) + 0.05 * self.median_latency_seconds
        false = max(0.0, self.false_per_hour - WANTED_FALSE_PER_HOUR) + 0.1 * self.false_per_hour
        return (
            self.recall - 0.1 * late - 0.1 * false - 0.02 * max(0.0, self.alerts_inside / max(1, self.detected) - 1.2)
        )


def read_night(truth: Path, detections: Path) -> Night:
    """A night from its two files."""
    told = json.loads(truth.read_text())
    bouts = [
        Bout(event["start"], event["end"], bool(event.get("label_suspect")))
        for event in told["events"]
        if event["label"] == "crying"
    ]
    lines = [json.loads(line) for line in detections.read_text().splitlines() if line]
    found = [Detection(line["end_seconds"], line["level_dbfs"], line["cry_score"]) for line in lines]
    return Night(sorted(bouts, key=lambda bout: bout.start_seconds), told["duration_seconds"] / 3600, found)


def tally(nights: Sequence[Night], policy: Policy) -> Tally:
    """What the policy makes of the nights."""
    parts = [_tally_one(night, episodes(night.detections, policy)) for night in nights]
    return Tally(
        sum(p.bouts for p in parts),
        sum(p.detected for p in parts),
        sum(p.false_alerts for p in parts),
        sum(p.hours for p in parts),
        [latency for p in parts for latency in p.latencies],
        sum(p.alerts_inside for p in parts),
    )


def _tally_one(night: Night, found: Sequence[Episode]) -> Tally:
    detected, inside, latencies, open_until, told_at = 0, 0, [], -1.0, -99.0
    for bout in night.bouts:
        latest = max(bout.end_seconds, bout.start_seconds + 10)
        hits = [e for e in found if bout.start_seconds <= e.alerted_at_seconds <= latest]
        goes_on = bout.start_seconds <= told_at + 10 and open_until >= bout.start_seconds
        inside += len(hits)
        if hits or goes_on:
            open_until = max([e.end_seconds for e in hits] + ([open_until] if goes_on else []))
            told_at = bout.end_seconds
        if bout.suspect or not (hits or goes_on):
            continue
        detected += 1
        if hits and not goes_on:
            latencies.append(hits[0].alerted_at_seconds - bout.start_seconds)
    false, last = 0, -99.0
    for episode in found:
        at = episode.alerted_at_seconds
        if any(b.start_seconds <= at <= max(b.end_seconds + 5, b.start_seconds + 10) for b in night.bouts):
            continue
        false += at - last > SAME_ALERT_SECONDS
        last = at
    return Tally(sum(not b.suspect for b in night.bouts), detected, false, night.hours, latencies, inside)


def candidates() -> Iterator[Policy]:
    """The policies to try: those with close_score well below open_score, evidence no longer than its span."""
    scores = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.93, 0.95, 0.97, 0.98, 0.99)
    for open_score, evidence, within, floor in itertools.product(
        scores, (1.0, 2.0, 3.0), (1.0, 2.0, 3.0, 4.0, 5.0), (-75.0, -65.0, -60.0, -56.0)
    ):
        if evidence <= within and (evidence > 1 or within == 1):
            yield Policy(open_score, open_score / 2, evidence, within, 10.0, floor)


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the best policies; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tears.training.policy_search", description=__doc__)
    parser.add_argument("nights", nargs="+", metavar="TRUTH=DETECTIONS")
    parser.add_argument("--policy", type=json.loads, help="a policy as JSON: only this one is tried")
    options = parser.parse_args(arguments)
    nights = [read_night(*map(Path, pair.split("=", 1))) for pair in options.nights]
    policies = [Policy(**options.policy)] if options.policy else list(candidates())
    tallies = sorted(((tally(nights, policy), policy) for policy in policies), key=lambda t: -t[0].merit())
    for result, policy in tallies[:12]:
        figures = {
            "bouts": result.bouts,
            "detected": result.detected,
            "false_per_hour": round(result.false_per_hour, 2),
            "median_latency_seconds": round(result.median_latency_seconds, 2),
            "alerts_per_bout": round(result.alerts_inside / max(1, result.detected), 2),
        }
        print(json.dumps(figures | asdict(policy)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
