"""`tears teach`: fit the decision to a home's own sounds, compare, and offer the result if it is better."""

from collections.abc import Mapping
from pathlib import Path

import click
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table

from tears.cli.console import make_console
from tears.cli.errors import CliError, InputError, refusing_disk
from tears.cli.models.install import command as install
from tears.cli.models.own_folder import folder_to_serve
from tears.cli.options import FOLDER, model_change_options
from tears.cli.teach.served_features import open_features
from tears.kit.registry.mic_names import room_of_mic
from tears.own_data.teaching.comparison import Comparison
from tears.own_data.teaching.course import newest_teachable, teach_home
from tears.own_data.teaching.lesson import LEAST_LABELLED, Lesson, Refusal
from tears.policy.sensitivity import SENSITIVITY_LEVELS, Sensitivity

_REFUSALS: Mapping[Refusal, str] = {
    Refusal.FEW_CRYING: "there are {crying} recordings of crying; label at least {least} in which the baby did cry",
    Refusal.FEW_OTHER: "there are {other} recordings of other sounds; label at least {least}, false alerts above all",
    Refusal.SWAPPED: (
        "what is labelled as crying sounds less like crying than what is labelled as something else; check whether the "
        "two were swapped, or insist on the labels with --listened-again"
    ),
    Refusal.DOUBTFUL: (
        "some labels may be slips; listen to these recordings again, correct the labels, or insist on them with "
        "--listened-again: {doubtful}"
    ),
    Refusal.NOTHING_TO_LEARN: (
        "the model makes no mistake with these recordings; label the next false alert, or the next cry that it misses"
    ),
    Refusal.GUARD: "it would miss cries of other babies, or take more of other homes' sounds for crying",
    Refusal.CRIES_LOST: "it would miss some of the crying in these recordings; label more of it",
    Refusal.ROOM_WORSE: "it would be better in the house, and worse in one room; label more sounds of that room",
    Refusal.SMALL_GAIN: "it would make hardly fewer mistakes; label more false alerts, or more cries that were missed",
}


class NotTaughtError(CliError):
    """Raised when a lesson does not give a model that is better by the stated margin."""


@click.command("teach")
@click.argument("clips", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--out", type=FOLDER, help="The folder to write the taught version to; it must not exist yet.")
@click.option("--use", is_flag=True, help="Put it into place at once, as ./tears model install does.")
@click.option("--listened-again", is_flag=True, help="Teach although some labels look like slips.")
@click.option(
    "--sensitivity",
    type=click.Choice([level.value for level in Sensitivity]),
    default=Sensitivity.NORMAL.value,
    show_default=True,
    help="The sensitivity at which you listen; mistakes are counted there.",
)
@model_change_options
@click.pass_context
def command(
    context: click.Context,
    *,
    clips: Path,
    out: Path | None,
    use: bool,
    listened_again: bool,
    sensitivity: str,
    models: Path | None,
    server: str | None,
    wait: float,
) -> None:
    """Teach the model the sounds of your home: ./tears teach clips --out taught.

    CLIPS has a folder `crying` and folders of other sounds, as ./tears slice and the journal's export write them. The
    model's decision is fitted to them within seconds. The result is offered only if it makes a fifth fewer mistakes
    with recordings that it has not learnt from, and none more with the sounds of other homes.
    """
    console = make_console()
    base_path = models or folder_to_serve()
    served = newest_teachable(base_path)
    target = out or base_path.parent / f"{base_path.name}-taught"
    if target.exists():
        raise InputError(f"{target} exists already; name another folder with --out, or delete it")
    threshold = SENSITIVITY_LEVELS[Sensitivity(sensitivity)].open_threshold
    with open_features(server, base_path) as ask, refusing_disk(), Progress(console=console, transient=True) as bar:
        task = bar.add_task("listening to the clips")
        lesson, note = teach_home(
            clips,
            served,
            ask,
            threshold,
            target,
            has_listened_again=listened_again,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    console.print(_table(lesson))
    if lesson.refusal is not None or note is None:
        words = _REFUSALS[lesson.refusal or Refusal.SMALL_GAIN]
        listed = ", ".join(lesson.doubtful)
        why = words.format(crying=lesson.crying, other=lesson.other, least=LEAST_LABELLED, doubtful=listed)
        raise NotTaughtError(f"the model stays as it is: {why}")
    console.print(escape(f"{target} is better than version {served.name}: {note.reason}"), soft_wrap=True)
    if use:
        context.invoke(install, folder=target, force=False, models=models, server=server, wait=wait)
    else:
        console.print(escape(f"./tears model install {target} puts it into place"), soft_wrap=True)


def _table(lesson: Lesson) -> Table:
    table = Table("at the threshold", "recordings", "now", "taught")
    rows: dict[str, Comparison] = {
        "crying that alerts": lesson.heard,
        "other sounds that alert": lesson.false_alarms,
        "other homes: cries that are found": lesson.guard_heard,
        "other homes: sounds taken for crying": lesson.guard_false_alarms,
    }
    for room in lesson.rooms:
        worse = " (worse)" if room.is_worse and lesson.head else ""
        rows[f"{room_of_mic(room.room)}: crying that alerts{worse}"] = room.heard
        rows[f"{room_of_mic(room.room)}: other sounds that alert{worse}"] = room.false_alarms
    for name, counts in rows.items():
        table.add_row(name, str(counts.total), str(counts.served), str(counts.taught) if lesson.head else "")
    return table
