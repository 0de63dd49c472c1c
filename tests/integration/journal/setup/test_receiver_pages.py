"""Receivers on their pages and in the API, over real HTTP, with a real Redis and a real alerter."""

import json
from pathlib import Path

import pytest
import redis
from support.journal.served_pages import PageReply, ServedPages
from support.journal.set_up_house import SetUpHouse, add, send_form, value_of
from support.network.receivers import NoticeReceiver
from support.processes.service_process import ServiceProcess
from support.waiting import wait_until

from tears.journal.access.role import Role
from tears.journal.parts import JournalParts
from tears.journal.setup.house_setup import HouseSetup
from tears.journal.setup.receiver_commands import check_draft
from tears.kit.clock import SystemClock


@pytest.mark.usefixtures("alerter")
def test_a_parent_adds_changes_tries_and_removes_receivers(
    pages: ServedPages, house: SetUpHouse, receiver: NoticeReceiver
) -> None:
    assert "Nobody gets an alert yet." in pages.get("/setup").text
    page = add(pages, "mum", receiver.url("s3cret"), repeats="yes")
    assert page.status == 200
    assert "Saved." in page.text
    assert add(pages, "dad", "json://127.0.0.1:1/s3cret", hours="22:00-07:00, 12:00-13:00").status == 200
    page = pages.get("/setup/receivers")
    assert "again every 60 s" in page.text
    assert "22:00-07:00, 12:00-13:00" in page.text
    assert "s3cret" not in page.text

    reply = pages.post("/setup/receivers/test", {"name": "mum"}, form_at="/setup/receivers")
    assert "The test was accepted." in pages.follow(reply).text
    # Reloading the page sends no second test.
    assert "The test was accepted." in pages.get(reply.headers["location"]).text
    assert [one["title"] for one in receiver.taken] == ["Tears: test"]
    page = pages.follow(pages.post("/setup/receivers/test", {"name": "dad"}, form_at="/setup/receivers"))
    assert "The test was not accepted." in page.text
    assert pages.get("/setup/receivers/test").headers["location"] == "/setup/receivers"

    form = pages.get("/setup/receivers/form?name=dad").text
    assert "s3cret" not in form
    fields = {"was": "dad", "name": "papa", "way": "url", "seen": value_of(form, "seen")}
    assert pages.post("/setup/receivers/form", fields, form_at="/setup/receivers/form?name=dad").status == 303
    assert "json://127.0.0.1:1/s3cret" in house.alerts_path.read_text()
    assert send_form(pages, "/setup/receivers/remove", {"name": "mum"}, "/setup/receivers").status == 303
    page = send_form(pages, "/setup/receivers/remove", {"name": "papa"}, "/setup/receivers")
    assert (page.status, "This is the only receiver" in page.text) == (400, True)


@pytest.mark.usefixtures("alerter")
@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"url": "ntfy://"}, "The alerter says: "),
        ({"url": "nonsense://x"}, "is not one that Apprise knows"),
        ({"hours": "late"}, "Write hours as 22:00-07:00"),
        ({"hours": "25:00-26:00"}, "are no hours"),
        ({"name": " "}, "Give the receiver a name"),
        ({"url": "json://a json://b"}, "A URL has no spaces"),
        ({"url": ""}, "Say where the alerts go"),
        ({"way": "ntfy", "topic": "a b", "url": ""}, "A topic of ntfy has"),
        ({"seen": "0" * 16}, "changed elsewhere"),
    ],
)
def test_a_receiver_that_cannot_be_used_is_refused_and_what_was_typed_stays(
    pages: ServedPages, house: SetUpHouse, fields: dict[str, str], words: str
) -> None:
    page = add(pages, **{"name": "mum", "url": "json://127.0.0.1:1/", "repeats": "yes", **fields})
    assert page.status == 400
    assert words in page.text
    assert not house.alerts_path.exists()
    if fields.get("name", "mum") == "mum":
        assert 'name="name" value="mum"' in page.text


@pytest.mark.usefixtures("alerter")
def test_a_program_adds_tries_and_removes_receivers_as_the_page_does(
    pages: ServedPages, receiver: NoticeReceiver
) -> None:
    secret, _ = pages.access.make_token("a program", Role.PARENT)

    def call(method: str, path: str = "", **body: object) -> PageReply:
        headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
        return pages.ask(method, f"/api/v1/receivers{path}", json.dumps(body).encode() if body else None, headers)

    pages.cookies.clear()
    seen = call("GET").json["seen"]
    for name in ("mum", "dad"):
        reply = call("POST", name=name, url=receiver.url(name), repeat_seconds=60, seen=seen)
        assert reply.status == 200, reply.text
        seen = reply.json["seen"]
    assert [(one["name"], one["services"], one["repeat_seconds"]) for one in reply.json["receivers"]] == [
        ("mum", ["webhook"], 60.0),
        ("dad", ["webhook"], 60.0),
    ]
    assert call("POST", "/test", name="dad").json["outcome"] == "accepted"
    assert receiver.paths == ["/dad"]
    assert [one["name"] for one in call("POST", "/remove", name="mum", seen=seen).json["receivers"]] == ["dad"]
    assert "changed elsewhere" in call("POST", "/remove", name="dad", seen=seen).json["error"]
    assert call("POST", name="bob", url="two words", seen=seen).status == 400
    guest, _ = pages.access.make_token("a guest's program", Role.GUEST)
    reply = pages.ask("GET", "/api/v1/receivers", None, {"Authorization": f"Bearer {guest}"})
    assert reply.status == 403


def test_without_an_alerter_nothing_is_changed_and_the_page_says_so(
    pages: ServedPages, house: SetUpHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert house.parts.setup is not None
    monkeypatch.setattr(house.parts.setup.receivers, "_check", lambda: check_draft(house.client, 0.1))
    page = add(pages, "mum", "json://127.0.0.1:1/")
    assert (page.status, "The alerter does not answer" in page.text) == (400, True)
    assert not house.alerts_path.exists()


def test_a_list_that_the_alerter_cannot_use_is_named_with_its_fault(
    pages: ServedPages, house: SetUpHouse, alerter: ServiceProcess
) -> None:
    alerter.wait_for_log("does not exist yet")
    house.alerts_path.write_text('[[receivers]]\nname = "mum"\nurls = "json://127.0.0.1:9/"\nrepeet_seconds = 60\n')

    def refused_list() -> str:
        page = pages.get("/setup/receivers").text
        return page if "The alerter cannot use this list" in page else ""

    # The page waits for the alerter, but not for long.
    assert "did you mean repeat_seconds?" in wait_until(refused_list, describe=alerter.log)


def test_receivers_of_a_setting_are_not_called_nobody(
    pages: ServedPages, house: SetUpHouse, redis_url: str, tmp_path: Path
) -> None:
    environ = {
        "TEARS_REDIS_URL": redis_url,
        "TEARS_ALERTER_STATE_PATH": str(tmp_path / "state" / "alerter.sqlite"),
        "TEARS_ALERTER_PROBE_PORT": "0",
        "TEARS_ALERTER_SELFTEST_SECONDS": "0",
        "TEARS_ALERTER_RULES": str(house.alerts_path),
        "TEARS_ALERTER_NOTIFY": "json://127.0.0.1:9/",
    }
    with ServiceProcess("tears.alerter", environ, tmp_path / "alerter.log") as alerter:
        alerter.wait_for_log("does not exist yet")
        for path in ("/setup", "/setup/receivers"):
            page = pages.get(path).text
            assert "TEARS_ALERTER_NOTIFY names the receivers" in page, path
            assert "Nobody gets an alert yet." not in page


def test_where_no_file_is_set_the_page_says_how_to_set_one(
    house: SetUpHouse, redis_client: redis.Redis, tmp_path: Path
) -> None:
    setup = HouseSetup(redis_client, "", tmp_path)
    parts = JournalParts(settings=house.parts.settings, clock=SystemClock(), setup=setup, redis=redis_client)
    with ServedPages(parts) as pages:
        assert "Set TEARS_ALERTER_RULES" in pages.get("/setup").text
        assert pages.get("/setup/receivers").status == 400
