"""Passwords are not printed, whatever shape their URL has."""

import json
import logging
import sys

import pytest

from tears.kit.logs import set_up_logs
from tears.kit.secrets_in_text import value_without_passwords, without_passwords


@pytest.fixture(autouse=True)
def restore_python() -> object:
    hook, handlers, level = sys.excepthook, logging.root.handlers[:], logging.root.level
    yield
    sys.excepthook, logging.root.handlers = hook, handlers
    logging.root.setLevel(level)


@pytest.mark.parametrize(
    "text",
    [
        "'rtsp://admin:hush@cam/1'",
        " rtsp:/admin:hush@cam/1",
        "ffmpeg:rtsp://admin:hush@cam/1",
        "rtsp://admin:hush",
        "rtsp://admin:hush/stream1",
        "http://cam/audio?apikey=hush",
        "http://cam/audio?loginuse=admin&loginpas=hush",
        "http://cam/audio?access_token=hush",
        '{"password": "hush"}',
        "Authorization: Bearer hush-hush-hush",
        "admin:hush@cam:554/stream1",
    ],
)
def test_shapes_of_secrets_are_found_in_text_and_in_values(text: str) -> None:
    assert "hush" not in without_passwords(f"it is {text}; check it")
    assert "hush" not in value_without_passwords(text)


@pytest.mark.parametrize("value", ["redis://u:hu sh@h", "hush hush@cam", ' "rtsp:/a:hush@hush@cam"'])
def test_white_space_in_the_password_of_a_value_is_hidden_too(value: str) -> None:
    assert "hu" not in value_without_passwords(value)


@pytest.mark.parametrize(
    "text",
    [
        "redis://127.0.0.1:6379/0",
        "http://[::1]:9101/metrics",
        "http://cam:8080, and more",
        "unix:///run/redis.sock?db=1",
        "recordings/monkey=loud.wav",
        "12:00:01 alerter: INFO nursery: quiet",
    ],
)
def test_other_text_stays(text: str) -> None:
    assert without_passwords(text) == value_without_passwords(text) == text


@pytest.mark.parametrize("cure", ["such as redis://:PASSWORD@HOST:6379/0;", "write rtsp://USER:PASSWORD@HOST:554/PATH"])
def test_a_placeholder_in_the_cure_of_an_error_stays(cure: str) -> None:
    assert without_passwords(cure) == cure


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_no_line_of_a_log_shows_a_password(log_format: str, capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("lamp", "INFO", log_format)
    error = ValueError("rtsp://admin:hush@cam refused")
    logging.getLogger("lamp").error("cannot open %s", "http://cam/?pwd=hush", exc_info=error)
    printed = capsys.readouterr().err
    assert "hush" not in printed
    assert "ValueError" in printed
    if log_format == "json":
        assert json.loads(printed)["message"] == "cannot open http://cam/?pwd=***"


@pytest.mark.parametrize("separator", ["\n", "\r", "\x1b[2K", "\x85", "\u2028"])
def test_a_name_with_a_line_end_forges_no_line_of_a_text_log(
    separator: str, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up_logs("lamp", "INFO", "text")
    logging.getLogger("lamp").error("no room %s", f"a{separator}12:00:00 lamp: INFO ok", exc_info=ValueError("cause"))
    first, *traceback = capsys.readouterr().err.splitlines()
    assert first.endswith("12:00:00 lamp: INFO ok")
    assert separator not in first
    assert traceback == ["ValueError: cause"]


def test_the_error_that_ends_a_process_shows_no_password(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("lamp", "INFO", "text")
    error = ValueError("rtsp://admin:hush@cam refused")
    sys.excepthook(ValueError, error, None)
    assert capsys.readouterr().err == "ValueError: rtsp://***@cam refused\n"


@pytest.mark.parametrize("text", [":" * 300_000, "a@" + ":" * 300_000, "://" * 100_000, "key=" * 100_000])
def test_a_long_text_from_outside_is_read_once(text: str) -> None:
    # With an expression that reads the rest of the text at each colon this takes minutes, which the time limit ends.
    assert without_passwords(text).count("***") <= 1
