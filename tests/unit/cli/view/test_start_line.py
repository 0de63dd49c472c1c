"""The line at the end of the start, and the warnings that are still true."""

import pytest
from rich.text import Text
from unit.cli.view.test_rooms_view import record

from tears.cli.console import make_console
from tears.cli.view.present_faults import LOGGED_SECONDS, PresentFaults
from tears.cli.view.start_line import are_all_listening, receivers_words, start_line


def test_it_names_what_is_listened_to_the_model_and_who_is_notified() -> None:
    records = {"nursery": record("listening")}
    assert are_all_listening(["nursery"], records)
    line = start_line(["nursery"], records, "cry 1", receivers_words("ntfys://ntfy.sh/secret mqtt://u:pass@h/t"))
    assert line == "listening to nursery (usb, 48000 Hz); model cry 1; alerts go to ntfys, mqtt; Ctrl-C ends it"


def test_it_names_a_room_that_is_not_listened_to() -> None:
    records = {"nursery": record("absent", rate_hz=0)}
    assert not are_all_listening(["nursery", "attic"], records)
    assert start_line(["nursery", "attic"], records, "cry 1", "").startswith("NOT listening to nursery, attic; ")


@pytest.mark.parametrize("notify", ["", "  ", '""'])
def test_a_house_without_receivers_is_told_so(notify: str) -> None:
    assert receivers_words(notify) == "nobody is notified (set TEARS_ALERTER_NOTIFY)"


@pytest.mark.parametrize("notify", ["ntfy://host/a,ntfy://host/b", "'ntfy://host/a'", "NTFY://host/a\nntfy://host/b"])
def test_only_the_service_of_a_receiver_is_shown(notify: str) -> None:
    assert receivers_words(notify) == "alerts go to ntfy"


def test_with_a_file_of_receivers_its_name_is_shown() -> None:
    assert receivers_words("ntfy://host/a", "alerts.toml") == "alerts go to the receivers in alerts.toml"


def test_a_file_of_receivers_that_was_named_and_is_not_there_is_named() -> None:
    why = "because alerts.tml does not exist (TEARS_ALERTER_RULES)"
    assert receivers_words("", missing="alerts.tml") == f"NOBODY IS NOTIFIED, {why}"
    assert receivers_words("ntfy://host/a", missing="alerts.tml") == f"alerts go to ntfy, {why}"


def test_a_fault_leaves_the_view_when_it_is_over_and_so_does_what_was_logged_about_it() -> None:
    faults = PresentFaults()
    faults.note_logged(["recorder nursery: the microphone is absent: no such device", "recorder nursery: 7 lost"], 0.0)
    faults.note_faults(["recorder nursery: microphone: absent: no such device"])
    assert faults.lines(1.0) == ["recorder nursery: microphone: absent: no such device", "recorder nursery: 7 lost"]
    faults.note_faults([])
    assert faults.lines(2.0) == ["recorder nursery: 7 lost"]
    assert faults.lines(LOGGED_SECONDS) == []


def test_no_line_of_a_log_is_wrapped(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    line = "word " * 60 + "end"
    make_console().print(Text(line))
    assert capsys.readouterr().out == f"{line}\n"
