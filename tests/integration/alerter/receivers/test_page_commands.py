"""What the parents' page asks of the receivers, in an alerter that runs, over real HTTP."""

from collections.abc import Callable
from pathlib import Path

import pytest
import redis
from support.network.receivers import NoticeReceiver
from support.processes.service_process import ServiceProcess
from support.redis.detections import LOUD, QUIET, night, publish
from support.waiting import wait_until

from tears.kit.access.acknowledge_links import read_acknowledge_token
from tears.kit.access.link_key import read_link_key
from tears.kit.commands.answer import CommandAnswer
from tears.kit.commands.giving import give_command, wait_for_answer
from tears.kit.commands.receivers_draft import draft_of
from tears.kit.messages import CommandKind
from tears.kit.streams.names import LINK_KEY, ROOM_NAMES_HASH

StartAlerter = Callable[..., ServiceProcess]


def table(name: str, url: str) -> str:
    return f'[[receivers]]\nname = "{name}"\nurls = "{url}"\n'


class Page:
    """Gives commands as the page does."""

    def __init__(self, client: redis.Redis) -> None:
        self.client = client

    def test(self, receiver: str) -> CommandAnswer:
        """Try a receiver."""
        return self.ask(CommandKind.TEST_RECEIVER, receiver)

    def check(self) -> CommandAnswer:
        """Let the alerter check the draft."""
        return self.ask(CommandKind.CHECK_RECEIVERS)

    def ask(self, kind: CommandKind, receiver: str = "") -> CommandAnswer:
        """Give a command and wait for its answer."""
        command = give_command(self.client, kind, sender="test", receiver=receiver)
        answer = wait_for_answer(self.client, command.command_id, 60.0)
        assert answer is not None
        return answer


def wait_for_title(receiver: NoticeReceiver, title: str) -> None:
    """Block until a notice with this title has come."""
    wait_until(lambda: any(one["title"] == title for one in list(receiver.taken)), describe=lambda: str(receiver.taken))


@pytest.fixture
def page(redis_client: redis.Redis) -> Page:
    return Page(redis_client)


def test_a_receiver_is_tried_and_the_answer_says_what_became_of_it(
    page: Page, start_alerter: StartAlerter, receiver: NoticeReceiver, tmp_path: Path
) -> None:
    path = tmp_path / "alerts.toml"
    path.write_text(table("mum", receiver.url()) + table("dad", "json://127.0.0.1:1/wrong"))
    with start_alerter(alerter_rules=str(path)) as alerter:
        answer = page.test("mum")
        assert (answer.outcome, answer.words) == ("obeyed", "json (URL 1 of receiver 'mum') accepted the test")
        assert [one["title"] for one in receiver.taken] == ["Tears: test"]
        answer = page.test("dad")
        assert answer.outcome == "refused"
        assert "was not accepted: check the URL" in answer.words
        answer = page.test("bob")
        assert (answer.outcome, answer.words) == ("unknown", "there is no receiver 'bob'; the receivers are: mum, dad")
        # One that was added just now can be tried before the alerter has taken over the file.
        path.write_text(path.read_text() + table("bob", receiver.url("bob")))
        assert page.test("bob").outcome == "obeyed"
        assert alerter.metric("tears_alerter_commands_total", outcome="obeyed") == 2
        assert alerter.metric("tears_alerter_commands_total", outcome="refused") == 1


def test_a_receiver_that_hangs_delays_no_alert(
    page: Page, start_alerter: StartAlerter, receiver: NoticeReceiver, tmp_path: Path
) -> None:
    path = tmp_path / "alerts.toml"
    with NoticeReceiver() as hanging:
        hanging.may_answer.clear()
        silent = table("dad", f"{hanging.url()}?rto=60") + 'kinds = "night_report"'
        path.write_text(table("mum", receiver.url()) + silent)
        alerter = start_alerter(alerter_rules=str(path))
        give_command(page.client, CommandKind.TEST_RECEIVER, sender="test", receiver="dad")
        wait_until(lambda: hanging.paths, describe=alerter.log)
        publish(page.client, night([*[QUIET] * 5, *[LOUD] * 10], mic="nursery"))
        wait_until(lambda: receiver.taken, describe=alerter.log)
        assert not hanging.taken


def test_a_changed_list_is_checked_before_it_is_used(
    page: Page, start_alerter: StartAlerter, receiver: NoticeReceiver, tmp_path: Path
) -> None:
    path = tmp_path / "alerts.toml"
    with start_alerter(alerter_rules=str(path)) as alerter:
        draft_of(path).write_text(table("mum", "ntfy://?token=s3cret"))
        answer = page.check()
        assert answer.outcome == "refused"
        assert "URL 1 of receiver 'mum' names nobody" in answer.words
        draft_of(path).write_text(table("mum", receiver.url()) + 'hours = "22:00-07:00"')
        answer = page.check()
        assert answer.outcome == "obeyed"
        assert "warning: nobody is told of crying at 07:00-22:00" in answer.words
        draft_of(path).unlink()
        assert page.check().words == "there is no list of receivers yet"
        path.write_text(table("mum", receiver.url()) + "repeet_seconds = 60")
        assert "did you mean repeat_seconds?" in page.check().words
        assert "s3cret" not in alerter.log()


def test_a_list_that_would_take_the_place_of_the_setting_is_refused(
    page: Page, start_alerter: StartAlerter, receiver: NoticeReceiver, tmp_path: Path
) -> None:
    path = tmp_path / "alerts.toml"
    draft_of(path).write_text(table("mum", receiver.url("mum")))
    with start_alerter(alerter_rules=str(path), alerter_notify=receiver.url()):
        answer = page.check()
        assert answer.outcome == "refused"
        assert "TEARS_ALERTER_NOTIFY names the receivers" in answer.words
        assert page.test("URL 1 of TEARS_ALERTER_NOTIFY").outcome == "obeyed"


def test_a_command_that_was_answered_or_is_old_is_not_obeyed_after_a_restart(
    page: Page, start_alerter: StartAlerter, receiver: NoticeReceiver, tmp_path: Path
) -> None:
    path = tmp_path / "alerts.toml"
    path.write_text(table("mum", receiver.url()))
    with start_alerter(alerter_rules=str(path)) as alerter:
        assert page.test("mum").outcome == "obeyed"
        alerter.kill()
    with start_alerter(alerter_rules=str(path)):
        assert page.test("mum").outcome == "obeyed"
    assert len(receiver.taken) == 2


def test_the_button_of_an_alert_is_signed_with_a_key_that_outlives_the_alerter(
    page: Page, start_alerter: StartAlerter, receiver: NoticeReceiver
) -> None:
    settings = {
        "alerter_notify": f"ntfy://127.0.0.1:{receiver.port}/topic?mode=private",
        "journal_url": "http://pi.local:8080",
    }
    keys = []
    for mic in ("nursery", "attic"):
        with start_alerter(**settings):
            # The thread that answers has looked for the key before.
            page.check()
            keys.append(read_link_key(page.client))
            publish(page.client, night([*[QUIET] * 5, *[LOUD] * 10], mic=mic))
            wait_for_title(receiver, f"{mic}: crying")
    assert keys[0] == keys[1]
    # What an earlier process left may go out before the key is known.
    actions = [one["X-Actions"] for one in receiver.headers if "X-Actions" in one]
    tokens = [one.split(",")[2].rpartition("/")[2] for one in actions]
    assert {read_acknowledge_token(keys[0], one, 0.0).mic for one in tokens} == {"nursery", "attic"}


def test_an_alert_says_the_name_that_a_parent_has_given_to_the_room(
    page: Page, start_alerter: StartAlerter, receiver: NoticeReceiver
) -> None:
    page.client.hset(ROOM_NAMES_HASH, "nursery", "Anna's room")
    with start_alerter(alerter_notify=receiver.url()):
        # The thread that answers has read the names before.
        page.check()
        publish(page.client, night([*[QUIET] * 5, *[LOUD] * 10], mic="nursery"))
        wait_for_title(receiver, "Anna's room: crying")


def test_names_of_rooms_that_cannot_be_read_delay_no_alert(
    page: Page, start_alerter: StartAlerter, receiver: NoticeReceiver
) -> None:
    page.client.set(ROOM_NAMES_HASH, "no hash")
    with start_alerter(alerter_notify=receiver.url()) as alerter:
        page.check()
        publish(page.client, night([*[QUIET] * 5, *[LOUD] * 10], mic="nursery"))
        wait_for_title(receiver, "nursery: crying")
        assert alerter.log().count("alerts do not have the names that parents have given") == 1


def test_receivers_are_tried_while_redis_refuses_the_key_of_the_links(
    page: Page, start_alerter: StartAlerter, receiver: NoticeReceiver
) -> None:
    page.client.hset(LINK_KEY, "no", "text")
    with start_alerter(alerter_notify=receiver.url()) as alerter:
        assert page.test("URL 1 of TEARS_ALERTER_NOTIFY").outcome == "obeyed"
        assert alerter.log().count("notices have no link to acknowledge them") == 1
