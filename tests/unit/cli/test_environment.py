"""What the command does with `TEARS_*` variables before it reads them."""

import pytest
from click.testing import CliRunner

from tears.cli.environment import tidy_environment
from tears.cli.errors import CliError, InputError
from tears.cli.up import command


def test_quotes_are_left_out_and_lists_keep_theirs() -> None:
    environ = {"TEARS_MODEL_DIR": ' "/srv/models"\r', "TEARS_ALERTER_NOTIFY": '"a" "b"', "HOME": '"x"'}
    tidy_environment(environ)
    assert environ == {"TEARS_MODEL_DIR": "/srv/models", "TEARS_ALERTER_NOTIFY": '"a" "b"', "HOME": '"x"'}


def test_a_quote_without_a_partner_is_an_error_that_does_not_show_the_value() -> None:
    with pytest.raises(InputError, match="TEARS_REDIS_URL has a quote") as caught:
        tidy_environment({"TEARS_REDIS_URL": '"redis://:hush@h'})
    assert "hush" not in str(caught.value)


def test_a_variable_that_is_no_setting_is_named_once(capsys: pytest.CaptureFixture[str]) -> None:
    environ = {"TEARS_ALERTR_NOTIFY": "ntfy://hush", "TEARS_COLOUR_OF_THE_DOOR": "red", "TEARS_SLOT": "0"}
    tidy_environment(environ)
    assert environ == {"TEARS_SLOT": "0"}
    assert capsys.readouterr().err.splitlines() == [
        "warning: TEARS_ALERTR_NOTIFY is not a setting; did you mean TEARS_ALERTER_NOTIFY?",
        "warning: TEARS_COLOUR_OF_THE_DOOR is not a setting; docs/settings.md lists all",
    ]


def test_no_error_of_the_command_shows_a_password() -> None:
    assert CliError("rtsp://admin:hush@cam is no file").format_message() == "rtsp://***@cam is no file"
    result = CliRunner().invoke(command, ["--input", "rtsp://admin:hush@cam/1"])
    assert result.exit_code == 2
    assert "cam/1" in result.output
    assert "hush" not in result.output
