"""The `tears` command: a table of its commands, whose modules are imported when they are used."""

from tears.kit.terminal.start import quiet_imports

if __name__ == "__main__":
    quiet_imports()

import click

from tears.cli.errors import InputError
from tears.cli.lazy_group import LazyGroup
from tears.cli.options import NOTIFY_HELP
from tears.kit.errors import SettingsError
from tears.kit.terminal.command import begin_command

_COMMANDS = {
    "ack": ("tears.cli.rooms.ack", "Say that somebody looks after the baby, so that the alert is not repeated."),
    "demo": ("tears.cli.demo", "Play a generated nursery and check the alerts; exits 0 only if they are right."),
    "devices": ("tears.cli.devices", "List the microphones and their levels, by names that survive a reboot."),
    "evaluate": (
        "tears.cli.scoring.evaluate",
        "Score a manifest's clips, and measure how well the scores tell cries apart.",
    ),
    "hold": (
        "tears.cli.rooms.hold",
        "Send no alert of crying in a room until it has been quiet for 20 min, for 4 h at most.",
    ),
    "label": ("tears.cli.own_data.label", "Write down what was heard when, in label files beside the recordings."),
    "predict": ("tears.cli.scoring.predict", "Score clips with a model server: the gRPC client for testing a model."),
    "record": (
        "tears.cli.recording.record",
        "Record what the microphones hear, for training, beside a pipeline that listens.",
    ),
    "replay": ("tears.cli.replay", "Play recordings through the same services, as fast as possible, notifying nobody."),
    "report": ("tears.cli.nights.report", "Say what a night was like: how often and how long there was crying."),
    "resume": ("tears.cli.rooms.resume", "End a snooze or a hold of a room."),
    "retire": ("tears.cli.rooms.retire", "Say that a room whose recorder was stopped is no longer to be listened to."),
    "slice": ("tears.cli.own_data.slice", "Cut labelled recordings into 5 s clips, a folder for each label."),
    "snooze": (
        "tears.cli.rooms.snooze",
        "Send no alert of crying in a room for a while: 30m, 2h or 1h30m, from 10m to 4h.",
    ),
    "teach": (
        "tears.cli.teach.command",
        "Teach the model the sounds of your home: ./tears teach clips --out taught.",
    ),
    "tune": ("tears.cli.nights.tune", "Show what each sensitivity would have done in your own nights."),
    "up": (
        "tears.cli.up",
        "Listen to the rooms, with a live view; starts Redis, the model server, the services and the journal.",
    ),
}
_ALERTS = {
    "check": ("tears.cli.alerts.check", "Check the receivers in FILE, and say what each of them gets."),
    "test": ("tears.cli.alerts.trial", "Send RECEIVER, or all of them, one notice of each kind that they get."),
}
_DATASET = {
    "check": ("tears.cli.own_data.dataset_check", "Check a folder of clips; exits 0 only if it is fit to train on."),
}
_JOURNAL = {
    "password": ("tears.cli.journal.password", "Make a new password for the pages, and print it."),
}
_MODEL = {
    "install": ("tears.cli.models.install", "Put a version into place: ./tears model install training/export/1."),
    "list": ("tears.cli.models.version_list", "List the versions: since when, where from, and their figures."),
    "rollback": (
        "tears.cli.models.rollback",
        "Take the newest version out of place, so that the one before is served.",
    ),
    "set-head": (
        "tears.cli.models.set_head",
        "Write a version with another last layer: ./tears model set-head models/cry/1 head.npz --out export/2.",
    ),
}


@click.group(
    cls=LazyGroup,
    lazy=_COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=f"{NOTIFY_HELP} README.md names the page for each task.",
)
@click.version_option(package_name="tears-cli", prog_name="tears")
def main() -> None:
    """Listen to the nursery, and alert you when the baby cries."""
    try:
        warnings = begin_command()
    except SettingsError as error:
        raise InputError(str(error)) from error
    for warning in warnings:
        click.echo(f"warning: {warning}", err=True)


main.add_command(LazyGroup("alerts", lazy=_ALERTS, help="Who is notified, of what, and whether that works."))
main.add_command(LazyGroup("dataset", lazy=_DATASET, help="Folders of clips to train on."))
main.add_command(LazyGroup("journal", lazy=_JOURNAL, help="The pages that show what was heard."))
main.add_command(LazyGroup("model", lazy=_MODEL, help="Versions of the model that is served."))


def run() -> None:
    """Run the command; in messages it has the name that works in a fresh checkout."""
    main(prog_name="./tears")


if __name__ == "__main__":
    run()
