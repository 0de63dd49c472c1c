"""The file of receivers, as people write it."""

import os
from pathlib import Path

import pytest

from tears.alerter.errors import AlertsFileError
from tears.alerter.notices.kinds import NoticeKind
from tears.alerter.receivers.rules.alerts_file import MOST_BYTES, parse_alerts, read_alerts_file
from tears.alerter.receivers.rules.daily_hours import DailyHours
from tears.alerter.receivers.rules.receiver_rule import AlertsFile, ReceiverRule, rules_of_urls

FULL = """
quiet_hours = "22:00-07:00"

[[receivers]]
name = "mum"
urls = ["ntfys://ntfy.sh/s3cret", "mailto://mum:s3cret@example.org"]
kinds = ["crying", "crying_ended"]
rooms = "Küche oben"
hours = ["20:00-24:00", "00:00-08:00"]
after_seconds = 20
repeat_seconds = 60
repeat_most = 5
escalate_to = "dad"
escalate_after_seconds = 300
language = "de"
clip = false

[[receivers]]
name = "dad"
urls = "json://127.0.0.1:9/s3cret"
"""


def test_everything_that_the_file_says_is_read() -> None:
    assert parse_alerts(FULL) == AlertsFile(
        quiet_hours=(DailyHours(1_320, 420),),
        receivers=(
            ReceiverRule(
                name="mum",
                urls=("ntfys://ntfy.sh/s3cret", "mailto://mum:s3cret@example.org"),
                kinds=(NoticeKind.CRYING, NoticeKind.CRYING_ENDED),
                rooms=("K_x00FC_che_x0020_oben",),
                hours=(DailyHours(1_200, 1_440), DailyHours(0, 480)),
                after_seconds=20.0,
                repeat_seconds=60.0,
                repeat_most=5,
                escalate_to="dad",
                escalate_after_seconds=300.0,
                language="de",
                clip=False,
            ),
            ReceiverRule(name="dad", urls=("json://127.0.0.1:9/s3cret",)),
        ),
    )


def test_without_a_file_each_url_is_a_receiver_of_the_usual_kinds_and_counts_once() -> None:
    rules = rules_of_urls(("json://a", "json://b", "json://a"))
    assert [rule.urls for rule in rules.receivers] == [("json://a",), ("json://b",)]
    assert {rule.kinds for rule in rules.receivers} == {
        (NoticeKind.CRYING, NoticeKind.NOT_LISTENING, NoticeKind.LISTENING_AGAIN, NoticeKind.NIGHT_REPORT)
    }


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("[[receivers]]", "[receivers]", "begin each receiver with a line [[receivers]]"),
        ("repeat_most = 5", "repeat_mst = 5", "receiver 'mum': repeat_mst is not known; did you mean repeat_most?"),
        ("quiet_hours", "quiet", "quiet is not known; did you mean quiet_hours?"),
        ("repeat_seconds = 60", "repeat_seconds = 1", "receiver 'mum': repeat_seconds: expected `float` >= 10"),
        ("repeat_seconds = 60", "", "receiver 'mum': repeat_most needs repeat_seconds"),
        ("repeat_seconds = 60", "repeat_seconds = nan", "receiver 'mum': repeat_seconds: expected"),
        ('"crying_ended"]', '"cry"]', "receiver 'mum': kinds[1]: there are only crying, still_crying, "),
        ('urls = "json://127.0.0.1:9/s3cret"', "", "receiver 'dad': urls is missing"),
        ('urls = "json://127.0.0.1:9/s3cret"', "urls = []", "receiver 'dad': urls: expected `array` of length >= 1"),
        ('name = "dad"', "", "receiver 2: name is missing"),
        ('name = "dad"', 'name = "mum"', "two receivers are called 'mum'"),
        ('escalate_to = "dad"', 'escalate_to = "dod"', "which is none; did you mean 'dad'?"),
        ('escalate_to = "dad"', 'escalate_to = "mum"', "escalate_to must name another receiver"),
        ('escalate_to = "dad"', "", "escalate_to and escalate_after_seconds need each other"),
        ("22:00-07:00", "22-07", "quiet_hours: '22-07' are no hours; write them as 22:00-07:00"),
        ("20:00-24:00", "late", "receiver 'mum': hours: 'late' are no hours"),
        ("json://127.0.0.1:9/s3cret", "ntfys://ntfy.sh/s3cret", "receiver 'dad': URL 1 is that of 'mum'"),
        ('language = "de"', 'language = "fr"', "receiver 'mum': language: there are only en, de"),
        ("after_seconds = 20", 'after_seconds = "s3cret"', "receiver 'mum': after_seconds: expected `float`"),
        ("repeat_seconds = 60", "repeat_seconds = " + "9" * 5_000, "a number has thousands of digits"),
        ("repeat_most = 5", '"json://me:s3cret@host" = 5', "receiver 'mum': a key is no plain word; there are name"),
        ("quiet_hours", '"json://me:s3cret@host"', "a key is no plain word; there are receivers, quiet_hours"),
        ("repeat_most = 5", 'quiet_hours = "22:00-07:00"', "write it above the first line [[receivers]]"),
        ("quiet_hours", "hours", "hours is about one receiver; write it below a line [[receivers]]"),
        ('name = "dad"', "name = \u201cdad\u201d", "it has curly quotes"),
        ('name = "dad"', 'name = " mum"', "two receivers are called 'mum'"),
        ('name = "dad"', 'name = " "', "the name is blank"),
        ('name = "dad"', f'name = "{"d" * 81}"', "name: write up to 80 characters on one line"),
        ('urls = "json://127.0.0.1:9/s3cret"', "urls = 'json://s3cret\"'", "receiver 'dad': a URL has a quote without"),
    ],
)
def test_a_fault_is_named_with_its_place_and_shows_no_url(old: str, new: str, words: str) -> None:
    assert old in FULL
    with pytest.raises(AlertsFileError) as error:
        parse_alerts(FULL.replace(old, new))
    assert words in str(error.value)
    assert "s3cret" not in str(error.value)


def test_a_blank_room_would_silence_its_receiver_and_is_refused() -> None:
    with pytest.raises(AlertsFileError, match="receiver 'mum': rooms has a blank name, so nobody would be told"):
        parse_alerts('[[receivers]]\nname = "mum"\nurls = "json://a"\nrooms = " "')


def test_what_people_leave_around_a_text_is_left_out() -> None:
    (rule,) = parse_alerts(
        '[[receivers]]\nname = " mum "\nurls = [" json://a", \'"json://b"\']\nrooms = "attic "'
    ).receivers
    assert (rule.name, rule.urls, rule.rooms) == ("mum", ("json://a", "json://b"), ("attic",))


def test_a_file_without_receivers_is_refused() -> None:
    for text in ("", "receivers = []", "receivers = 3"):
        with pytest.raises(AlertsFileError, match=r"begin each one with a line \[\[receivers\]\]"):
            parse_alerts(text)


def test_a_file_that_is_missing_too_large_or_no_text_is_named(tmp_path: Path) -> None:
    path = tmp_path / "alerts.toml"
    with pytest.raises(AlertsFileError, match=r"alerts\.toml cannot be read: No such file"):
        read_alerts_file(path)
    path.write_bytes(b"#" * (MOST_BYTES + 1))
    with pytest.raises(AlertsFileError, match="more than 256 KiB"):
        read_alerts_file(path)
    path.write_bytes(b"name = '\xff'")
    with pytest.raises(AlertsFileError, match=r"alerts\.toml is not UTF-8"):
        read_alerts_file(path)
    path.write_text("\ufeff" + FULL)
    assert read_alerts_file(path) == parse_alerts(FULL)


def test_a_pipe_in_place_of_the_file_is_named_and_holds_nothing_up(tmp_path: Path) -> None:
    path = tmp_path / "alerts.toml"
    os.mkfifo(path)
    with pytest.raises(AlertsFileError, match=r"alerts\.toml is a pipe or a device; put a file"):
        read_alerts_file(path)
    with pytest.raises(AlertsFileError, match="is a pipe or a device"):
        read_alerts_file(Path("/dev/zero"))


def test_lists_that_are_nested_too_deeply_are_a_fault_like_any_other() -> None:
    with pytest.raises(AlertsFileError, match="nested"):
        parse_alerts("receivers = " + "[" * 5_000 + "]" * 5_000)
