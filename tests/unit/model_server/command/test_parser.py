"""The command line."""

import re
from pathlib import Path

import model_server_flags
import pytest

from tears.model_server.command.parser import parse_flags


def test_the_defaults_are_those_of_tf_servings_image() -> None:
    flags = parse_flags([], {})
    assert (flags.port, flags.model_name, flags.model_base_path) == (8500, "model", Path("/models/model"))
    assert (flags.file_system_poll_wait_seconds, flags.max_num_load_retries, flags.load_retry_interval_seconds) == (
        1.0,
        5,
        60.0,
    )
    assert flags.grpc_socket_path == ""


def test_the_environment_names_the_model_and_the_folder_of_all_models() -> None:
    flags = parse_flags([], {"MODEL_NAME": "cry", "MODEL_BASE_PATH": "/srv"})
    assert (flags.model_name, flags.model_base_path) == ("cry", Path("/srv/cry"))


def test_flags_win_over_the_environment() -> None:
    environ = {"MODEL_NAME": "cry", "MODEL_BASE_PATH": "/srv"}
    assert parse_flags(["--model_name=bark"], environ).model_base_path == Path("/srv/bark")
    assert parse_flags(["--model_base_path", "/m/x"], environ).model_base_path == Path("/m/x")


@pytest.mark.parametrize("arguments", [["--port=9000"], ["--port", "9000"]])
def test_a_value_follows_an_equals_sign_or_a_space(arguments: list[str]) -> None:
    assert parse_flags(arguments, {}).port == 9000


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--port=65536"], "argument --port: 65536 is not between 0 and 65535"),
        (["--port=http"], "argument --port: invalid whole number value: 'http'"),
        (["--port"], "argument --port: expected one argument"),
        (["--model_name="], "argument --model_name: a model needs a name"),
        (["--file_system_poll_wait_seconds=-1"], "-1 is not between 0 and 315360000 seconds"),
        (["--file_system_poll_wait_seconds=nan"], "nan is not between 0 and 315360000 seconds"),
        (["--tflite_interpreters=0"], "0 is not between 1 and 1024"),
        (["--enable_batching=yes"], "argument --enable_batching: 'yes' is neither true (1) nor false (0)"),
        (["--grpc_channel_arguments=a=1,b"], "'b' is not name=value"),
        (["--batching_parameters_file=/b"], "is given without --enable_batching; give both or neither"),
        (
            ["--model_base_path=s3://bucket/cry"],
            "s3://bucket/cry is not a folder of this machine: copy or mount what",
        ),
        (["--model_config_file=gs://b/c"], "gs://b/c is not a folder of this machine"),
        (["--model_base_path=file://host/cry"], "file://host/cry is not a folder of this machine"),
        (["--use_alts_credentials"], "ALTS is Google's own; --ssl_config_file sets up TLS"),
        (["--rest_api_port=-2"], "-2 is not between -1 and 65535"),
    ],
)
def test_a_wrong_flag_is_one_line_and_status_2(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        parse_flags(arguments, {})
    printed = capsys.readouterr().err
    assert ended.value.code == 2
    assert message in printed
    assert printed.startswith("tears-model-server: ")
    assert printed.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "warnings"),
    [
        (["--prot=1"], ["unknown flag --prot is ignored; do you mean --port?"]),
        (["--modle_base_path", "/m"], ["unknown flag --modle_base_path is ignored; do you mean --model_base_path?",
                                       "/m belongs to no flag, and is ignored"]),
        (["--mod=x"], ["unknown flag --mod is ignored"]),
        (["serve", "--port=9000"], ["serve belongs to no flag, and is ignored"]),
        (["--xyzzy=secret"], ["unknown flag --xyzzy is ignored"]),
        (
            ["--port=9000", "--rest_api_port=9000"],
            ["--port and --rest_api_port are both 9000: there is no REST API; give it another port"],
        ),
        (["--port=9000"], []),
    ],
)  # fmt: skip
def test_what_tf_serving_runs_on_with_is_a_warning(arguments: list[str], warnings: list[str]) -> None:
    flags = parse_flags(arguments, {})
    assert list(flags.warnings) == warnings
    assert flags.rest_api_port == 0
    assert flags.port == (9000 if "--port=9000" in arguments else 8500)


def test_a_file_url_is_a_path() -> None:
    flags = parse_flags(["--model_base_path=file:///models/cry", "--model_config_file=FILE://localhost/c"], {})
    assert (flags.model_base_path, flags.model_config_file) == (Path("/models/cry"), Path("/c"))


@pytest.mark.parametrize(("given", "seconds"), [("1500", 1.5), ("0", None), ("-1", None)])
def test_a_timeout_of_nothing_or_less_is_none(given: str, seconds: float | None) -> None:
    assert parse_flags([f"--rest_api_timeout_in_ms={given}"], {}).rest_api_timeout_seconds == seconds


def test_numbers_that_tf_serving_takes_are_taken() -> None:
    flags = parse_flags(
        ["--num_load_threads=100", "--num_tflite_pools=100", "--file_system_poll_wait_seconds=1000000"], {}
    )
    assert (flags.num_load_threads, flags.num_tflite_pools) == (100, 100)
    assert flags.file_system_poll_wait_seconds == 1_000_000


@pytest.mark.parametrize("given", ["", "=true", "=1", " true"])
def test_a_switch_is_on_if_it_stands_alone_or_is_true(given: str) -> None:
    assert parse_flags(f"--enable_batching{given}".split(), {}).enable_batching


@pytest.mark.parametrize("given", ["=false", "=0", " 0"])
def test_a_switch_can_be_turned_off(given: str) -> None:
    assert not parse_flags(f"--enable_model_warmup{given}".split(), {}).enable_model_warmup


def test_a_switch_does_not_consume_the_next_flag() -> None:
    flags = parse_flags(["--enable_batching", "--port=9000", "--prefer_tflite_model=false"], {})
    assert (flags.enable_batching, flags.port, flags.prefer_tflite_model) == (True, 9000, False)


def test_the_older_name_of_a_flag_sets_the_same_flag() -> None:
    assert not parse_flags(["--use_tflite_model=false"], {}).prefer_tflite_model


def test_channel_arguments_that_look_like_numbers_are_numbers() -> None:
    flags = parse_flags(["--grpc_channel_arguments=grpc.max_connection_age_ms=2000,grpc.lb_policy_name=grpclb"], {})
    assert flags.grpc_channel_arguments == (("grpc.max_connection_age_ms", 2000), ("grpc.lb_policy_name", "grpclb"))


def test_a_channel_argument_above_32_bits_is_text_as_in_tf_serving() -> None:
    flags = parse_flags([f"--grpc_channel_arguments=a={2**31 - 1},b={2**31},c={-(2**31)},d={-(2**31) - 1}"], {})
    assert flags.grpc_channel_arguments == (("a", 2**31 - 1), ("b", str(2**31)), ("c", -(2**31)), ("d", "-2147483649"))


def test_an_empty_value_means_the_flag_was_not_given() -> None:
    flags = parse_flags(["--model_config_file=", "--ssl_config_file=", "--grpc_channel_arguments="], {})
    assert (flags.model_config_file, flags.ssl_config_file, flags.grpc_channel_arguments) == (None, None, ())


def test_a_negative_retry_interval_means_no_wait() -> None:
    assert parse_flags(["--load_retry_interval_micros=-1"], {}).load_retry_interval_seconds == 0.0


def test_interpreters_are_set_with_our_flag_or_tf_servings() -> None:
    assert parse_flags([], {}).interpreters == 2
    assert parse_flags(["--num_tflite_pools=3", "--num_tflite_interpreters_per_pool=2"], {}).interpreters == 6
    assert parse_flags(["--num_tflite_pools=3", "--tflite_interpreters=1"], {}).interpreters == 1


def test_session_parallelism_is_the_default_of_the_other_two() -> None:
    flags = parse_flags(["--tensorflow_session_parallelism=4", "--tensorflow_intra_op_parallelism=1"], {})
    assert flags.op_threads == (1, 4)


def test_flags_that_change_nothing_are_accepted_and_named() -> None:
    assert parse_flags([], {}).ignored == ()
    flags = parse_flags(["--enable_profiler", "--flush_filesystem_caches=false", "--mixed_precision", "x"], {})
    assert flags.ignored == ("flush_filesystem_caches", "enable_profiler", "mixed_precision")


def test_help_lists_the_flags_and_the_ignored_ones(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse_flags(["--help"], {})
    printed = capsys.readouterr().out
    assert ended.value.code == 0
    assert "accepted and change nothing here" in printed
    assert "--num_unload_threads" in printed


def test_the_table_in_the_readme_is_made_from_the_declarations() -> None:
    page = model_server_flags.README.read_text()
    assert page == model_server_flags.written_into(page), "run `make docs`"


def test_the_table_names_every_flag_and_no_other(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse_flags(["--help"], {})
    known = set(re.findall(r"^  (?:-h, )?(--\w+)", capsys.readouterr().out, re.MULTILINE))
    known |= set(re.findall(r", (--use_tflite_model) ", model_server_flags.render())) | {"--use_tflite_model"}
    assert set(re.findall(r"`(--[a-z]\w+)`", model_server_flags.render())) == known


def test_version_prints_ours_and_the_engines(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse_flags(["--version"], {})
    assert ended.value.code == 0
    assert "LiteRT" in capsys.readouterr().out
