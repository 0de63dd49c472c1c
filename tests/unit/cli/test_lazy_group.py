"""The table of commands: it lists and imports the right ones."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from tears.cli.__main__ import main
from tears.cli.lazy_group import LazyGroup
from tears.own_data.errors import RecordingError

GROUPS = [main, *(group for group in main.commands.values() if isinstance(group, LazyGroup))]
COMMANDS = [(group, name) for group in GROUPS for name in group.lazy]


@pytest.mark.parametrize(("group", "name"), COMMANDS, ids=lambda value: value if isinstance(value, str) else value.name)
def test_the_summary_of_a_command_is_the_first_sentence_of_its_help(group: LazyGroup, name: str) -> None:
    command = group.get_command(click.Context(group), name)
    assert command is not None
    assert command.name == name
    assert command.get_short_help_str(1_000) == click.Command(name, help=group.lazy[name][1]).get_short_help_str(1_000)


def test_a_command_that_does_not_exist_is_not_found() -> None:
    assert main.get_command(click.Context(main), "sing") is None


def test_the_list_of_commands_imports_none_of_them() -> None:
    program = (
        "import sys\nfrom tears.cli.__main__ import main\n"
        "main(['--help'], standalone_mode=False)\n"
        "print([name for name in ('numpy', 'grpc', 'redis', 'rich') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_an_error_in_own_data_is_printed_in_one_line() -> None:
    group = LazyGroup("group", lazy={})

    @group.command("fail")
    def fail() -> None:
        raise RecordingError("night.wav cannot be read; let this user read it")

    result = CliRunner().invoke(group, ["fail"])
    assert result.exit_code == 1
    assert result.output == "Error: night.wav cannot be read; let this user read it\n"


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (OSError(errno.ENOMEM, "Cannot allocate memory"), "the operating system says: Cannot allocate memory"),
        (OSError("no library"), "the operating system says: no library"),
        (PermissionError(errno.EACCES, "Permission denied", "a.wav"), "a.wav: Permission denied; let this user write"),
    ],
)
def test_an_error_that_has_nothing_to_do_with_the_output_is_not_blamed_on_it(error: OSError, says: str) -> None:
    group = LazyGroup("group", lazy={})

    @group.command("fail")
    def fail() -> None:
        raise error

    result = CliRunner().invoke(group, ["fail"])
    assert result.exit_code == 1
    assert result.output.startswith(f"Error: {says}")


@pytest.mark.parametrize("printing", ["click.echo('x' * 9000)", "rich.console.Console().print('x' * 9000)"])
def test_an_output_that_the_disk_does_not_take_is_named(printing: str) -> None:
    program = (
        "import click, rich.console\nfrom tears.cli.lazy_group import LazyGroup\n"
        f"group = LazyGroup('group', lazy={{}})\ngroup.command('fail')(lambda: {printing})\ngroup(['fail'])"
    )
    for settings in ({}, {"PYTHONUNBUFFERED": "1"}):
        with Path("/dev/full").open("w") as full:
            done = subprocess.run(
                [sys.executable, "-c", program],
                stdout=full,
                stderr=subprocess.PIPE,
                text=True,
                check=False,
                env={**os.environ, **settings},
            )
        assert done.stderr == "Error: the output cannot be written: No space left on device; free space there\n"
        assert done.returncode == 1


@pytest.mark.parametrize(
    ("words", "meant"),
    [(["recrod"], "record"), (["model", "instal"], "install"), (["dataset", "chek"], "check"), (["replya"], "replay")],
)
def test_a_misspelt_command_is_answered_with_the_one_that_was_meant(words: list[str], meant: str) -> None:
    result = CliRunner().invoke(main, words, prog_name="./tears")
    assert result.exit_code == 2
    assert f"did you mean {meant}?" in result.output.lower()


def test_a_word_that_is_like_no_command_gets_no_proposal() -> None:
    result = CliRunner().invoke(main, ["xyzzy"])
    assert result.exit_code == 2
    assert "mean" not in result.output


def test_messages_name_the_command_as_it_is_called_in_a_checkout() -> None:
    done = subprocess.run([sys.executable, "-m", "tears.cli", "recrod"], capture_output=True, text=True, check=False)
    assert "Usage: ./tears [OPTIONS]" in done.stderr
    assert "Try './tears --help' for help." in done.stderr


def test_the_help_names_notifications_and_the_page_of_settings() -> None:
    for words in (["--help"], ["up", "--help"]):
        output = " ".join(CliRunner().invoke(main, words).output.split())
        assert "TEARS_ALERTER_NOTIFY" in output
        assert "docs/settings.md" in output


@pytest.mark.parametrize(("group", "name"), COMMANDS, ids=lambda value: value if isinstance(value, str) else value.name)
def test_the_help_of_every_option_is_a_sentence(group: LazyGroup, name: str) -> None:
    command = group.get_command(click.Context(group), name)
    assert command is not None
    for option in command.params:
        if isinstance(option, click.Option):
            sentence = (option.help or "").partition("  [")[0]
            assert len(sentence.split()) >= 4, option.opts
            assert sentence.endswith("."), option.opts
            assert "e.g." not in sentence, option.opts
