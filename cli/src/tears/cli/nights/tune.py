"""`tears tune`: what each sensitivity would have done in your own nights."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import click
from rich.table import Table

from tears.cli.console import make_console
from tears.cli.errors import InputError, refusing_disk
from tears.cli.nights.kept_scores import kept_rooms, replayed_rooms
from tears.cli.nights.night_process import find_state, state_option
from tears.cli.options import FOLDER
from tears.kit.files import write_whole
from tears.policy.judged_nights import JudgedEpisode, LevelSummary, ScoredRoom, judge, summarise
from tears.policy.parameters import Policy
from tears.policy.sensitivity import Sensitivity, policy_of

DEFAULT_NIGHTS = 7
OWN = "your own"
_ROUND = click.FloatRange(0, 1, min_open=True)


@click.command("tune")
@click.argument("folder", required=False, type=FOLDER)
@click.option(
    "--nights",
    type=click.IntRange(1, 90),
    help=f"So many of the last nights that the alerter has kept.  [default: {DEFAULT_NIGHTS}, without a folder]",
)
@click.option("--open-threshold", type=_ROUND, help="Also try thresholds of your own: the score that opens an episode.")
@click.option(
    "--close-threshold", type=_ROUND, help="The score that keeps an episode open, for thresholds of your own."
)
@click.option(
    "--png", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Also draw this to a file."
)
@state_option
def command(
    *,
    folder: Path | None,
    nights: int | None,
    open_threshold: float | None,
    close_threshold: float | None,
    png: Path | None,
    state: Path | None,
) -> None:
    """Show what each sensitivity would have done in your own nights.

    The scores are those that the alerter has kept, or those in FOLDER, which `./tears replay FILE... --out FOLDER` has
    written; there each recording counts as a night. They go through the same rule that alerts. What `high` takes for
    crying counts as crying, with its false alerts, because nobody has listened.
    """
    if folder is not None and nights is not None:
        raise InputError("give a folder or --nights, not both")
    policies = {level.value: policy_of(level) for level in Sensitivity} | _own(open_threshold, close_threshold)
    rooms = replayed_rooms(folder) if folder else kept_rooms(find_state(state), nights or DEFAULT_NIGHTS)
    judged = {level: judge_all(policy, rooms) for level, policy in policies.items()}
    count = len({room.night for room in rooms})
    crying = judged[Sensitivity.HIGH]
    summaries = {level: summarise(episodes, crying, count) for level, episodes in judged.items()}
    console = make_console()
    console.print(summary_table(summaries, sum(map(len, crying.values()))))
    unit = "recording" if folder else "night"
    words = (
        f"{count} {unit}{'s' if count > 1 else ''}; crying is what the level high takes for it, false alerts included"
    )
    console.print(words, highlight=False)
    if png is not None:
        # Pillow is for pictures only.
        from tears.cli.nights.tune_picture import draw_levels  # noqa: PLC0415 - see above

        with refusing_disk():
            png.parent.mkdir(parents=True, exist_ok=True)
            write_whole(png, draw_levels(rooms, policies, judged))


def judge_all(policy: Policy, rooms: Sequence[ScoredRoom]) -> dict[str, list[JudgedEpisode]]:
    """Return the episodes of each room and night, by its name."""
    return {room.name: judge(policy, room.observations) for room in rooms}


def summary_table(summaries: Mapping[str, LevelSummary], crying: int) -> Table:
    """Return the table: a row for each level."""
    table = Table(
        "sensitivity", "alerts a night", "seconds to the alert", "not alerted to", "minutes unnoticed a night"
    )
    for level, summary in summaries.items():
        wait = "-" if summary.seconds_to_alert is None else f"{summary.seconds_to_alert:.1f}"
        missed = f"{summary.missed} of {crying}"
        table.add_row(level, f"{summary.alerts_a_night:.1f}", wait, missed, f"{summary.unnoticed_minutes:.1f}")
    return table


def _own(open_threshold: float | None, close_threshold: float | None) -> dict[str, Policy]:
    given = {"open_threshold": open_threshold, "close_threshold": close_threshold}
    chosen = {name: value for name, value in given.items() if value is not None}
    if not chosen:
        return {}
    try:
        return {OWN: policy_of(Sensitivity.NORMAL, **chosen)}
    except ValueError as error:
        raise InputError(f"{error}; give --open-threshold and --close-threshold") from error
