"""Search for the alerting policy that suits a model, on composed nights whose truth is known.

    python -m tears.trainer.evaluation.policy_search NIGHT.truth.json=NIGHT.detections.jsonl...

The detections come from `tears.trainer.evaluation.night_scores` or from `tears replay`; the policy is `libs/policy`.
"""

import argparse
import itertools
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tears.policy.episode_rule import EpisodeClosed, Observation, PolicyState, close_episode, observe_window
from tears.policy.parameters import Policy
from tears.trainer.errors import NightError
from tears.trainer.evaluation.nights.score import Alert, score_night, summary
from tears.trainer.evaluation.nights.truth import NightTruth, read_truth
from tears.trainer.module_command import module_command

SEARCH_PROG = "python -m tears.trainer.evaluation.policy_search"
WANTED_FALSE_PER_HOUR = 0.33  # two in the six hours of the validation nights
WANTED_LATENCY_SECONDS = 2.5
PRINTED_POLICIES = 12
# Thresholds to open and to close an episode, for scores that are probabilities.
THRESHOLDS = (
    *((one, one / 2) for one in (0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.8, 0.9, 0.95)),
    # The steps are finer where the validation nights had their best policies: there a threshold that is 0.01 higher
    # can mean one false alert an hour less.
    *((percent / 100, 0.12) for percent in range(35, 66)),
)


@dataclass(frozen=True)
class ScoredNight:
    """A night's truth and the model's score of each window."""

    truth: NightTruth
    observations: tuple[Observation, ...]


def read_night(truth: Path, detections: Path) -> ScoredNight:
    """Read a night from its two files.

    Raises:
        NightError: A file cannot be read or has other content.
    """
    try:
        lines = [json.loads(line) for line in detections.read_text().splitlines() if line]
        observations = [Observation(line["end_seconds"], line["cry_score"], line["level_dbfs"]) for line in lines]
    except OSError as error:
        raise NightError(f"{detections} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise NightError(
            f"{detections} holds no detections of a night ({error!r}); make them by night_scores"
        ) from error
    return ScoredNight(read_truth(truth), tuple(observations))


def alerts(observations: Sequence[Observation], policy: Policy) -> list[Alert]:
    """Return the alerts that the alerter would give in a night, each with the end of its episode."""
    state = PolicyState()
    closed: list[EpisodeClosed] = []
    for observation in observations:
        state, changes = observe_window(policy, state, observation)
        closed += [change for change in changes if isinstance(change, EpisodeClosed)]
    _, last = close_episode(state)
    closed += [last] if last else []
    return [Alert(one.episode.alerted_at_seconds, one.end_seconds) for one in closed]


def night_figures(nights: Sequence[ScoredNight], policy: Policy) -> dict[str, Any]:
    """Return the figures of all nights together, as `nights.score.summary` names them."""
    return summary([score_night(night.truth, alerts(night.observations, policy)) for night in nights])


def merit(figures: dict[str, Any]) -> float:
    """Return one number for a policy's figures; higher is better.

    It is the share of episodes detected minus the costs of false alerts, lateness and repeated alerts. False alerts
    cost nothing up to the wanted rate. So of all policies that detect the same episodes the most sensitive one is
    chosen, because the cries of other babies may score lower than the few dozen that the policy is chosen by. Lateness
    costs a little below the wanted limit. Above their limits both cost much more.
    """
    false, latency = figures["false_alerts_per_hour"], figures["median_latency_seconds"] or 60.0
    cost = 0.1 * max(0.0, false - WANTED_FALSE_PER_HOUR)
    cost += 0.1 * max(0.0, latency - WANTED_LATENCY_SECONDS) + 0.01 * latency
    cost += 0.05 * max(0.0, (figures["alerts_per_bout"] or 1.0) - 1.0)
    return float(figures["detected"] / max(1, figures["bouts"]) - cost)


def candidates(thresholds: Iterable[tuple[float, float]] = THRESHOLDS) -> Iterator[Policy]:
    """Yield the policies to try, with these thresholds to open and to close an episode."""
    for (opens, closes), evidence, span, floor in itertools.product(
        thresholds, (1.0, 2.0, 3.0), (1.0, 2.0, 3.0, 4.0, 5.0), (-70.0, -65.0, -60.0)
    ):
        if evidence <= span and (evidence > 1 or span == 1):
            yield Policy(
                open_threshold=opens,
                close_threshold=closes,
                level_floor_dbfs=floor,
                evidence_seconds=evidence,
                span_seconds=span,
            )


@module_command(SEARCH_PROG)
def main(arguments: Sequence[str] | None = None) -> None:
    """Print the best policies with their figures."""
    parser = argparse.ArgumentParser(prog=SEARCH_PROG, description=__doc__)
    parser.add_argument("nights", nargs="+", type=_pair, metavar="TRUTH=DETECTIONS")
    parser.add_argument("--policy", type=_policy, help="a policy's parameters as JSON: only this one is tried")
    options = parser.parse_args(arguments)
    nights = [read_night(truth, detections) for truth, detections in options.nights]
    policies = list(candidates()) if options.policy is None else [options.policy]
    tried = sorted(((night_figures(nights, policy), policy) for policy in policies), key=lambda pair: -merit(pair[0]))
    for figures, policy in tried[:PRINTED_POLICIES]:
        print(json.dumps({"merit": round(merit(figures), 4)} | figures | asdict(policy)))


def _pair(text: str) -> tuple[Path, Path]:
    truth, equals, detections = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{text} is not TRUTH=DETECTIONS, e.g. fan.truth.json=fan.detections.jsonl")
    return Path(truth), Path(detections)


def _policy(text: str) -> Policy:
    try:
        return Policy(**json.loads(text))
    except (ValueError, TypeError) as error:
        raise argparse.ArgumentTypeError(f"{text} is not a policy: {error}") from error


if __name__ == "__main__":
    sys.exit(main())
