"""The file of receivers, in an alerter that runs, over real HTTP and real mail."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from support.network.mail_server import MailServer
from support.network.receivers import NoticeReceiver
from support.processes.service_process import ServiceProcess
from support.processes.tears_command import tears
from support.redis.detections import LOUD, QUIET, night, publish
from support.waiting import wait_until

StartAlerter = Callable[..., ServiceProcess]


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    with MailServer() as one:
        yield one


def table(name: str, url: str, lines: str = "") -> str:
    return f'[[receivers]]\nname = "{name}"\nurls = "{url}"\n{lines}\n'


def cry(client: redis.Redis, mic: str) -> None:
    publish(client, night([*[QUIET] * 5, *[LOUD] * 10], mic=mic))


def test_receivers_get_what_their_rules_say_and_a_faulty_new_file_changes_nothing(
    redis_client: redis.Redis,
    start_alerter: StartAlerter,
    receiver: NoticeReceiver,
    mail_server: MailServer,
    tmp_path: Path,
) -> None:
    path = tmp_path / "alerts.toml"
    path.write_text(
        table("mum", receiver.url(), 'rooms = ["nursery", "attic"]')
        + table("mail", mail_server.url(), 'language = "de"')
    )
    with start_alerter(alerter_rules=str(path)) as alerter:
        for mic in ("kitchen", "nursery"):
            cry(redis_client, mic)
        wait_until(lambda: len(mail_server.mails) == 2 and len(receiver.taken) == 1, describe=alerter.log)
        assert [one["title"] for one in receiver.taken] == ["nursery: crying"]
        assert any("Weinen" in subject for subject in mail_server.subjects()), mail_server.subjects()

        path.write_text(path.read_text() + "\nrepeet_seconds = 60\n")
        alerter.wait_for_log("repeet_seconds is not known; did you mean repeat_seconds")
        assert "repeet_seconds" in alerter.probe("/readyz")[1]
        cry(redis_client, "attic")
        wait_until(lambda: len(mail_server.mails) == 3 and len(receiver.taken) == 2, describe=alerter.log)

        # An editor puts another file into its place.
        new = tmp_path / "new.toml"
        new.write_text(table("mail", mail_server.url(), 'rooms = "nobody"') + table("dad", receiver.url("dad")))
        new.replace(path)
        alerter.wait_for_log("there are other receivers")
        cry(redis_client, "cellar")
        wait_until(lambda: len(receiver.taken) == 3, describe=alerter.log)
        assert receiver.paths[-1] == "/dad"
        assert len(mail_server.mails) == 3
        wait_until(lambda: alerter.probe("/readyz")[0] == 200)
        alerter.terminate()
        assert alerter.wait_for_exit() == 0
    assert "token" not in alerter.log()


def test_a_misspelt_room_in_a_file_that_is_taken_is_a_warning_in_the_log(
    redis_client: redis.Redis, start_alerter: StartAlerter, receiver: NoticeReceiver, tmp_path: Path
) -> None:
    path = tmp_path / "alerts.toml"
    path.write_text(table("mum", receiver.url()))
    with start_alerter(alerter_rules=str(path)) as alerter:
        cry(redis_client, "attic")
        wait_until(lambda: receiver.taken, describe=alerter.log)
        assert "nobody is told" not in alerter.log()
        path.write_text(table("mum", receiver.url(), 'rooms = "nursrey"'))
        alerter.wait_for_log("nobody is told of crying in all other rooms at 00:00-24:00")


def test_what_waits_goes_to_the_url_that_was_corrected(
    redis_client: redis.Redis, start_alerter: StartAlerter, receiver: NoticeReceiver, tmp_path: Path
) -> None:
    path = tmp_path / "alerts.toml"
    path.write_text(table("mum", "json://127.0.0.1:1/wrong"))
    with start_alerter(alerter_rules=str(path)) as alerter:
        cry(redis_client, "nursery")
        alerter.wait_for_log("has not accepted: nursery: crying")
        path.write_text(table("mum", receiver.url()))
        wait_until(lambda: receiver.taken, describe=alerter.log)
        assert [one["title"] for one in receiver.taken] == ["nursery: crying"]


@pytest.mark.parametrize("is_in_file", [True, False])
def test_what_waits_goes_to_a_url_that_was_corrected_before_a_restart(
    redis_client: redis.Redis,
    start_alerter: StartAlerter,
    receiver: NoticeReceiver,
    tmp_path: Path,
    *,
    is_in_file: bool,
) -> None:
    path = tmp_path / "alerts.toml"

    def settings(url: str) -> dict[str, str]:
        path.write_text(table("mum", url))
        return {"alerter_rules": str(path)} if is_in_file else {"alerter_notify": url}

    with start_alerter(**settings("json://127.0.0.1:1/wrong")) as alerter:
        cry(redis_client, "nursery")
        alerter.wait_for_log("has not accepted: nursery: crying")
        alerter.kill()
    with start_alerter(**settings(receiver.url())) as alerter:
        wait_until(lambda: receiver.taken, describe=alerter.log)
        assert [one["title"] for one in receiver.taken] == ["nursery: crying"]
        assert alerter.metric("tears_alerter_notifications_total", outcome="unconfigured") == 0


def test_a_faulty_file_is_refused_at_the_start(start_alerter: StartAlerter, tmp_path: Path) -> None:
    path = tmp_path / "alerts.toml"
    path.write_text(table("mum", "ntfy://?token=s3cret"))
    alerter = start_alerter(alerter_rules=str(path))
    assert alerter.wait_for_exit() == 78
    assert "URL 1 of receiver 'mum' names nobody" in alerter.log()
    assert "s3cret" not in alerter.log()


def test_a_file_that_is_faulty_at_a_start_leaves_the_receivers_of_the_last_good_one_and_they_are_told(
    redis_client: redis.Redis, start_alerter: StartAlerter, receiver: NoticeReceiver, tmp_path: Path
) -> None:
    path = tmp_path / "alerts.toml"
    path.write_text(table("mum", receiver.url()))
    settings = {"alerter_rules": str(path), "alerter_state_path": str(tmp_path / "alerter.sqlite")}
    with start_alerter(**settings) as alerter:
        wait_until(lambda: alerter.probe("/readyz")[0] == 200, describe=alerter.log)
        alerter.terminate()
        assert alerter.wait_for_exit() == 0
    kept = tmp_path / "alerter.alerts.toml"
    assert kept.read_text() == path.read_text()
    assert kept.stat().st_mode & 0o777 == 0o600

    path.write_text(path.read_text() + "repeet_seconds = 60\n")
    with start_alerter(**settings) as alerter:
        cry(redis_client, "nursery")
        wait_until(lambda: receiver.taken, describe=alerter.log)
        assert [one["title"] for one in receiver.taken] == ["nursery: crying"]
        assert (
            "did you mean repeat_seconds?; the receivers are those of the last good file" in alerter.probe("/readyz")[1]
        )
        assert alerter.metric("tears_alerter_rules_faulty") == 1
        path.write_text(table("dad", receiver.url("dad")))
        alerter.wait_for_log("there are other receivers")
        wait_until(lambda: alerter.probe("/readyz")[0] == 200)
        assert alerter.metric("tears_alerter_rules_faulty") == 0
        wait_until(lambda: kept.read_text() == path.read_text())


def test_a_file_that_does_not_exist_yet_is_used_once_it_does(
    redis_client: redis.Redis, start_alerter: StartAlerter, receiver: NoticeReceiver, tmp_path: Path
) -> None:
    path = tmp_path / "alerts.toml"
    with start_alerter(alerter_rules=str(path), alerter_notify=receiver.url("before")) as alerter:
        alerter.wait_for_log("does not exist yet")
        cry(redis_client, "nursery")
        wait_until(lambda: receiver.paths == ["/before"], describe=alerter.log)
        assert alerter.metric("tears_alerter_receivers") == 1
        path.write_text(table("mum", receiver.url("mum")))
        alerter.wait_for_log("there are other receivers")
        cry(redis_client, "attic")
        wait_until(lambda: receiver.paths == ["/before", "/mum"], describe=alerter.log)


def test_a_mistyped_path_is_a_warning_and_the_file_is_used_once_it_has_that_name(
    redis_client: redis.Redis, start_alerter: StartAlerter, receiver: NoticeReceiver, tmp_path: Path
) -> None:
    assert not redis_client.keys()
    path = tmp_path / "alerts.tml"
    with start_alerter(alerter_rules=str(path)) as alerter:
        alerter.wait_for_log(r"alerts\.tml does not exist yet, so nobody will be notified")
        assert alerter.metric("tears_alerter_receivers") == 0
        path.write_text(table("mum", receiver.url("mum")))
        alerter.wait_for_log("there are other receivers")
        wait_until(lambda: alerter.metric("tears_alerter_receivers") == 1)


def test_a_receiver_is_tried_with_one_notice_of_each_kind_that_it_gets(
    receiver: NoticeReceiver, mail_server: MailServer, tmp_path: Path
) -> None:
    path = tmp_path / "alerts.toml"
    path.write_text(
        table("mum", receiver.url(), "repeat_seconds = 60")
        + table("mail", mail_server.url(), 'kinds = "not_listening"\nhours = "03:00-03:01"')
    )
    result = tears("alerts", "check", str(path))
    assert result.returncode == 0, result.stderr
    assert "mum: json (URL 1 of receiver 'mum')" in result.stdout
    assert not receiver.taken
    result = tears("alerts", "test", TEARS_ALERTER_RULES=str(path))
    assert result.returncode == 0, result.stdout + result.stderr
    assert len(receiver.taken) == 6
    assert all("Test" in one["title"] for one in receiver.taken)
    assert any("Crying once, for 60 s" in one["message"] for one in receiver.taken)
    assert len(mail_server.mails) == 2
    receiver.status = 500
    result = tears("alerts", "test", "mum", "--rules", str(path))
    assert result.returncode == 1
    assert "crying was not accepted" in result.stdout
    assert len(mail_server.mails) == 2
    assert "there is no receiver 'bob'" in tears("alerts", "test", "bob", "--rules", str(path)).stderr
    path.write_text(path.read_text() + "repeat_most = 3")
    result = tears("alerts", "check", str(path))
    assert result.returncode == 78
    assert "repeat_most needs repeat_seconds" in result.stderr
