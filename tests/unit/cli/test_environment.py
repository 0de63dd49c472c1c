"""The command tidies `TEARS_*` variables before it reads them."""

import pytest
from click.testing import CliRunner
from support.processes.tears_command import tears

from tears.cli.errors import CliError
from tears.cli.up import command
from tears.kit.errors import SettingsError
from tears.kit.variables.tidying import tidy_environment


def test_quotes_are_left_out_and_lists_keep_theirs() -> None:
    environ = {"TEARS_MODEL_DIR": ' "/srv/models"\r', "TEARS_ALERTER_NOTIFY": '"a" "b"', "HOME": '"x"'}
    tidy_environment(environ)
    assert environ == {"TEARS_MODEL_DIR": "/srv/models", "TEARS_ALERTER_NOTIFY": '"a" "b"', "HOME": '"x"'}


def test_a_quote_without_a_partner_is_an_error_that_does_not_show_the_value() -> None:
    with pytest.raises(SettingsError, match="TEARS_REDIS_URL has a quote") as caught:
        tidy_environment({"TEARS_REDIS_URL": '"redis://:hush@h'})
    assert "hush" not in str(caught.value)


def test_a_variable_that_is_no_setting_is_named_once() -> None:
    environ = {"TEARS_ALERTR_NOTIFY": "ntfy://hush", "TEARS_COLOUR_OF_THE_DOOR": "red", "TEARS_SLOT": "0"}
    assert tidy_environment(environ) == [
        "TEARS_ALERTR_NOTIFY is not a setting; did you mean TEARS_ALERTER_NOTIFY?",
        "TEARS_COLOUR_OF_THE_DOOR is not a setting; docs/settings.md lists all",
    ]
    assert environ == {"TEARS_SLOT": "0"}


@pytest.mark.parametrize(
    ("variable", "value", "status", "printed"),
    [
        (
            "TEARS_NOTIFY",
            "ntfy://hush",
            0,
            "warning: TEARS_NOTIFY is not a setting; did you mean TEARS_ALERTER_NOTIFY?",
        ),
        ("TEARS_REDIS_URL", "'redis://:hush@h", 1, "Error: TEARS_REDIS_URL has a quote without a partner"),
    ],
)
def test_every_command_looks_at_the_variables_first(variable: str, value: str, status: int, printed: str) -> None:
    result = tears("model", "list", **{variable: value})
    assert result.returncode == status
    assert printed in result.stderr
    assert "hush" not in result.stderr


def test_no_error_of_the_command_shows_a_password() -> None:
    assert CliError("rtsp://admin:hush@cam is no file").format_message() == "rtsp://***@cam is no file"
    result = CliRunner().invoke(command, ["--input", "rtsp://admin:hush@cam/1"])
    assert result.exit_code == 2
    assert "cam/1" in result.output
    assert "hush" not in result.output
