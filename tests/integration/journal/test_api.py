"""The API over real HTTP, with a real history."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from starlette.routing import Route
from support.journal.kept_history import MORNING, almost, crying, hear, keep, open_history
from support.journal.served_pages import GUEST_PASSWORD, PARENT_PASSWORD, PageReply, ServedPages, open_access
from support.journal.spoken_room import SpokenRoom, live_house

from tears.journal.access.role import Role
from tears.journal.history import HistoryFile, Verdict
from tears.journal.history.heard_notes import HeardNotes
from tears.journal.parts import JournalParts
from tears.journal.settings import JournalSettings
from tears.journal.web.app import make_app
from tears.kit.clock import ManualClock

SETTINGS = JournalSettings(port=0, page_listen="loopback")
HOUR = f"from_at={MORNING - 3_600}&to_at={MORNING}"


@pytest.fixture
def history(tmp_path: Path) -> Iterator[HistoryFile]:
    history = open_history(tmp_path)
    keep(
        history,
        crying("cried", MORNING - 1_800),
        crying("elsewhere", MORNING - 1_200, mic="parents"),
        almost("almost", MORNING - 600),
        heard=[(MORNING - 3_600, 1_800)],
    )
    yield history
    history.close()


@pytest.fixture
def pages(history: HistoryFile) -> Iterator[ServedPages]:
    with ServedPages(JournalParts(settings=SETTINGS, clock=ManualClock(MORNING), history=history)) as pages:
        yield pages


class ApiProgram:
    """A program with a token."""

    def __init__(self, pages: ServedPages, role: Role = Role.PARENT) -> None:
        secret, _ = pages.access.make_token("a test", role)
        self._headers = {"Authorization": f"Bearer {secret}"}
        self._pages = pages
        pages.log_in(Role.NOBODY)

    def ask(self, method: str, path: str, body: object = None) -> PageReply:
        content = None if body is None else json.dumps(body).encode()
        return self._pages.ask(method, f"/api/v1{path}", content, self._headers)


def test_a_program_reads_what_was_heard(pages: ServedPages) -> None:
    program = ApiProgram(pages, Role.GUEST)
    assert [one["id"] for one in program.ask("GET", f"/episodes?{HOUR}").json] == ["cried", "elsewhere"]
    assert [one["id"] for one in program.ask("GET", f"/episodes?{HOUR}&room=nursery").json] == ["cried"]
    assert [one["id"] for one in program.ask("GET", f"/near_misses?{HOUR}").json] == ["almost"]
    assert program.ask("GET", "/episodes/cried").json["peak_score"] == 0.9
    assert program.ask("GET", "/near_misses/almost").json["level_dbfs"] == -40.0
    assert program.ask("GET", "/near_misses/cried").status == 404
    (night,) = program.ask("GET", "/nights?first=2027-01-14&last=2027-01-14").json[:1]
    assert (night["episodes"], night["crying_seconds"]) == (1, 60.0)
    rooms = program.ask("GET", "/nights/2027-01-14").json["rooms"]
    assert {one["room"]: len(one["episodes"]) for one in rooms} == {"nursery": 1, "parents": 1}
    assert program.ask("GET", "/days/2027-01-15").status == 200
    assert program.ask("GET", "/days?first=2027-01-01&last=2027-01-31").status == 200


def test_a_room_second_by_second_has_null_where_nothing_was_heard(pages: ServedPages) -> None:
    found = ApiProgram(pages).ask("GET", f"/series?{HOUR}&room=nursery").json
    assert found["from_at"] == MORNING - 3_600
    assert (len(found["scores"]), len(found["levels_dbfs"])) == (3_600, 3_600)
    assert found["scores"][1_799] is not None
    assert found["levels_dbfs"][1_799] <= 0
    assert found["scores"][1_800] is None


def test_a_program_of_a_parent_says_what_it_was(pages: ServedPages, history: HistoryFile) -> None:
    program = ApiProgram(pages)
    for kind, sound in (("episodes", "cried"), ("near_misses", "almost")):
        assert program.ask("PUT", f"/episodes/{sound}/label", {"verdict": "cat"}).status == 204
        assert program.ask("GET", f"/{kind}/{sound}").json["label"]["verdict"] == "cat"
    assert len(program.ask("GET", f"/labels?{HOUR}").json) == 2
    assert program.ask("DELETE", "/episodes/almost/label").status == 204
    assert [one["episode_id"] for one in program.ask("GET", f"/labels?{HOUR}").json] == ["cried"]
    assert program.ask("PUT", "/episodes/cried/star", {"starred": True}).status == 204
    kept = history.episode("cried")
    assert kept is not None
    assert kept.starred
    assert program.ask("DELETE", "/episodes/cried").status == 204
    assert program.ask("GET", "/episodes/cried").status == 404
    assert program.ask("PUT", "/episodes/cried/star", {"starred": True}).status in {404, 503}


def test_a_program_of_a_guest_changes_nothing(pages: ServedPages, history: HistoryFile) -> None:
    program = ApiProgram(pages, Role.GUEST)
    for method, path, body in (
        ("PUT", "/episodes/cried/label", {"verdict": "cat"}),
        ("DELETE", "/episodes/cried", None),
        ("POST", "/tokens", {"name": "more", "role": "parent", "password": PARENT_PASSWORD}),
        ("GET", "/tokens", None),
        ("POST", "/rooms/nursery/wish", {"wish": "snooze"}),
    ):
        reply = program.ask(method, path, body)
        assert (reply.status, list(reply.json)) == (403, ["error"])
    kept = history.episode("cried")
    assert kept is not None
    assert kept.label is None


def test_a_program_sees_the_rooms_and_asks_something_for_them() -> None:
    clock = ManualClock(MORNING)
    live = live_house(clock, CollectorRegistry())
    SpokenRoom(live, clock).be_quiet()
    with ServedPages(JournalParts(settings=SETTINGS, clock=clock, live=live)) as pages:
        program = ApiProgram(pages)
        assert program.ask("GET", "/rooms").json == [program.ask("GET", "/rooms/nursery").json]
        room = program.ask("GET", "/rooms/nursery").json
        assert (room["mic"], room["condition"], room["state"]) == ("nursery", "quiet", "Quiet")
        said = program.ask("POST", "/rooms/nursery/wish", {"wish": "snooze", "minutes": 30}).json
        assert (said["outcome"], said["is_good"]) == ("no_redis", False)


def test_a_program_shares_a_link(pages: ServedPages) -> None:
    link = ApiProgram(pages).ask("POST", "/episodes/cried/share").json
    assert link["url"].startswith(f"http://127.0.0.1:{pages.port}/shared/")
    assert link["ends_at"] == MORNING + 7 * 86_400.0
    assert pages.get(link["url"].partition(str(pages.port))[2]).status == 200


def test_tokens_and_browsers_are_made_and_ended(pages: ServedPages) -> None:
    program = ApiProgram(pages)
    given = {"name": "a clock", "password": PARENT_PASSWORD}
    made = program.ask("POST", "/tokens", given).json
    # What a token alone makes could outlive it.
    for wrong in ("a guess", GUEST_PASSWORD):
        refused = program.ask("POST", "/tokens", {**given, "password": wrong})
        assert (refused.status, refused.json["error"]) == (400, "This password is wrong.")
    assert (made["token"]["role"], made["secret"][:6]) == ("guest", "tears_")
    assert {one["name"] for one in program.ask("GET", "/tokens").json} == {"a test", "a clock"}
    assert program.ask("DELETE", f"/tokens/{made['token']['id']}").status == 204
    assert program.ask("DELETE", f"/tokens/{made['token']['id']}").status == 404
    (session,) = program.ask("GET", "/sessions").json
    assert "digest" not in session
    assert program.ask("DELETE", f"/sessions/{session['id']}").status == 204


@pytest.mark.parametrize(
    ("method", "path", "body", "error"),
    [
        ("GET", "/episodes", None, "In the query: Object missing required field `from_at`."),
        ("GET", "/episodes?from_at=x&to_at=1", None, "In the query: Expected `float`, got `str` - at `$.from_at`."),
        ("GET", "/episodes?from_at=nan&to_at=1", None, "In the query:"),
        ("GET", "/episodes?from_at=0&to_at=1e300", None, "In the query:"),
        ("GET", "/episodes?from_at=2&to_at=1", None, "Ask for a time from from_at to to_at of 9600 hours at most."),
        ("GET", f"/episodes?{HOUR}&sql=1", None, "In the query: Object contains unknown field `sql`."),
        ("GET", "/series?from_at=0&to_at=86401&room=x", None, "Ask for a time from from_at to to_at of 24 hours"),
        ("GET", "/series?from_at=0&to_at=1", None, "Say of which room."),
        ("GET", "/nights?first=2000-01-01&last=2027-01-01", None, "Ask for 400 days at most"),
        ("GET", "/nights?first=0001-01-01&last=0001-01-01", None, "Ask for 400 days at most"),
        ("GET", "/nights/yesterday", None, "There is no such day."),
        ("GET", "/nights/0001-01-01", None, "There is no such day."),
        ("PUT", "/episodes/cried/label", {"verdict": "dragon"}, "In the body: Invalid enum value 'dragon'"),
        ("PUT", "/episodes/cried/label", [], "In the body:"),
        ("PUT", "/episodes/cried/star", {"starred": "yes"}, "In the body: Expected `bool`, got `str`"),
        ("PUT", "/episodes/none/label", {"verdict": "cat"}, "This sound is not there."),
        ("POST", "/tokens", {"name": ""}, "In the body:"),
        ("GET", "/rooms/attic", None, "There is no such room."),
        ("POST", "/rooms/attic/wish", {"wish": "snooze"}, "There is no such room."),
        ("POST", "/rooms/nursery/wish", {"wish": "sleep"}, "In the body: Invalid enum value 'sleep'"),
        ("POST", "/rooms/nursery/wish", {"wish": "snooze", "minutes": 10**30}, "In the body:"),
        ("GET", "/nothing", None, "There is nothing here."),
        ("POST", "/episodes", {}, "This page cannot do what was asked."),
    ],
)
def test_what_cannot_be_answered_is_said_in_words(
    pages: ServedPages, method: str, path: str, body: object, error: str
) -> None:
    reply = ApiProgram(pages).ask(method, path, body)
    assert 400 <= reply.status < 500
    assert reply.json["error"].startswith(error)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff", b"[" * 60_000, b'{"verdict": "cat"} x', b"null", b'{"verdict": "\\ud800"}']
)
def test_a_body_that_is_no_json_is_refused(pages: ServedPages, body: bytes) -> None:
    secret, _ = pages.access.make_token("a test", Role.PARENT)
    reply = pages.ask("PUT", "/api/v1/episodes/cried/label", body, {"Authorization": f"Bearer {secret}"})
    assert reply.status == 400
    assert reply.json["error"]


def test_a_browser_changes_something_by_the_api_only_with_its_token(pages: ServedPages) -> None:
    path, body = "/api/v1/episodes/cried/label", b'{"verdict": "cat"}'
    assert pages.ask("PUT", path, body).status == 403
    token = pages.access.links.form_token(pages.cookies["tears_session"])
    assert pages.ask("PUT", path, body, {"X-CSRF-Token": token}).status == 204


def test_the_description_is_an_openapi_document_with_every_path(tmp_path: Path, pages: ServedPages) -> None:
    document = pages.get("/api/v1/openapi.json").json
    clock = ManualClock(MORNING)
    live = live_house(clock, CollectorRegistry())
    with open_access(tmp_path, clock) as access:
        app = make_app(JournalParts(settings=SETTINGS, clock=clock, access=access, live=live))
    # {id} and {clip_id} are the same place, and so are {kind} and its values.
    described = {re.sub(r"\{\w+\}", "{}", path) for path in document["paths"]}
    served = {
        re.sub(r"\{\w+\}", "{}", one.path.removeprefix("/api/v1").replace(".{kind}", ending))
        for one in app.routes
        if isinstance(one, Route) and one.path.startswith("/api/v1/")
        for ending in (".flac", ".mp3", ".png")
    }
    assert described == served
    assert document["openapi"] == "3.1.0"
    assert all(one["error"] for one in _faults(document))


def test_all_that_the_description_refers_to_is_in_it(pages: ServedPages) -> None:
    text = pages.get("/api/v1/openapi.json").text
    schemas = json.loads(text)["components"]["schemas"]
    named = set(re.findall(r'"#/components/schemas/([^"]+)"', text))
    assert named <= set(schemas)
    identities = re.findall(r'"operationId": ?"([^"]+)"', text)
    assert len(identities) == len(set(identities))


def test_every_answer_has_a_type_and_a_place_for_what_it_takes(pages: ServedPages) -> None:
    document = pages.get("/api/v1/openapi.json").json
    operations = [one for path in document["paths"].values() for one in path.values()]
    for operation in operations:
        assert operation["description"].startswith("For ")
        answers = operation["responses"]
        assert answers.keys() - {"default"} in ({"200"}, {"204"})
        for content in (answers.get("200", {}).get("content", {}), operation.get("requestBody", {}).get("content", {})):
            assert all(one["schema"] for one in content.values()), operation["operationId"]
    asked = {one["operationId"]: {place["name"] for place in one["parameters"]} for one in operations}
    assert asked["get_recordings"] == {"from_at", "to_at", "mic"}
    assert asked["get_recordings_room_mp3"] == {"room", "from_at", "to_at", "download"}
    assert asked["get_sensitivity"] == {"nights"}
    (form,) = document["paths"]["/teach"]["post"]["requestBody"]["content"].values()
    assert form["schema"] == {"$ref": "#/components/schemas/TeachForm"}


def test_a_program_sees_what_each_level_would_have_done(pages: ServedPages, history: HistoryFile) -> None:
    program = ApiProgram(pages, Role.GUEST)
    notes = HeardNotes()
    hear(notes, MORNING - 600, 30, score=0.5)
    history.write(notes)
    history.label("nursery", MORNING - 600, MORNING - 570, Verdict.CRYING, made_by="parent")
    found = program.ask("GET", "/sensitivity").json
    assert (found["nights"], found["answers"], found["rooms"]) == (["2027-01-14"], 1, [])
    said = ("alerts", "alerts_in_all", "found", "missed")
    levels = {one["level"]: tuple(one[name] for name in said) for one in found["levels"]}
    assert levels["high"] == ({"2027-01-14": 1}, 1, 1, 0)
    assert levels["low"] == ({"2027-01-14": 0}, 0, 0, 1)
    assert program.ask("GET", "/sensitivity?nights=29").status == 400
    assert program.ask("PUT", "/sensitivity", {"level": "high"}).status == 403


def _faults(document: dict[str, Any]) -> list[dict[str, Any]]:
    assert document["components"]["schemas"]["ApiFault"]["required"] == ["error"]
    return [document["components"]["schemas"]["ApiFault"]["properties"]]
