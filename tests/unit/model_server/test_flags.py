"""The command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tears.model_server.flags import parse_flags


def test_the_defaults_are_those_of_tf_servings_image() -> None:
    flags = parse_flags([], {})
    assert (flags.port, flags.model_name, flags.model_base_path) == (8500, "model", Path("/models/model"))
    assert (flags.poll_wait_seconds, flags.max_num_load_retries, flags.load_retry_interval_seconds) == (1.0, 5, 60.0)
    assert flags.grpc_socket_path == ""


def test_the_environment_names_the_model_and_the_folder_of_all_models() -> None:
    flags = parse_flags([], {"MODEL_NAME": "cry", "MODEL_BASE_PATH": "/srv"})
    assert (flags.model_name, flags.model_base_path) == ("cry", Path("/srv/cry"))


def test_flags_win_over_the_environment() -> None:
    environ = {"MODEL_NAME": "cry", "MODEL_BASE_PATH": "/srv"}
    assert parse_flags(["--model_name=bark"], environ).model_base_path == Path("/srv/bark")
    assert parse_flags(["--model_base_path", "/m/x"], environ).model_base_path == Path("/m/x")


@pytest.mark.parametrize("arguments", [["--port=9000"], ["--port", "9000"]])
def test_a_value_stands_behind_an_equals_sign_or_a_space(arguments: list[str]) -> None:
    assert parse_flags(arguments, {}).port == 9000


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--prot=1"], "unknown flag --prot; the known ones are --file_system_poll_wait_seconds, "),
        (["--mod=x"], "unknown flag --mod;"),
        (["serve"], "unknown flag serve;"),
        (["--port=65536"], "argument --port: 65536 is not between 0 and 65535"),
        (["--port=http"], "argument --port: invalid whole number value: 'http'"),
        (["--port"], "argument --port: expected one argument"),
        (["--model_name="], "argument --model_name: a model needs a name"),
        (["--file_system_poll_wait_seconds=-1"], "-1 is not between 0 and 86400 seconds"),
        (["--file_system_poll_wait_seconds=nan"], "nan is not between 0 and 86400 seconds"),
        (["--tflite_interpreters=0"], "0 is not between 1 and 64"),
    ],
)
def test_a_wrong_flag_is_one_line_and_status_2(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        parse_flags(arguments, {})
    printed = capsys.readouterr().err
    assert ended.value.code == 2
    assert said in printed
    assert printed.startswith("tears-model-server: ")
    assert printed.count("\n") == 1


def test_version_prints_ours_and_the_engines(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse_flags(["--version"], {})
    assert ended.value.code == 0
    assert "LiteRT" in capsys.readouterr().out
