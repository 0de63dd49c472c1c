"""Logging in, over real HTTP."""

import re
import threading
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from support.journal.served_pages import GUEST_PASSWORD, PARENT_PASSWORD, ServedPages

from tears.journal.access.role import Role
from tears.journal.parts import JournalParts
from tears.journal.settings import JournalSettings
from tears.journal.web import app
from tears.journal.web.access.routes import routes as access_routes
from tears.journal.web.cookies import FORM_COOKIE, SESSION_COOKIE
from tears.journal.web.forms import checked_form
from tears.journal.web.guards import require
from tears.kit.clock import ManualClock, SystemClock

PARTS = JournalParts(settings=JournalSettings(port=0, page_listen="loopback"), clock=SystemClock())


@require(Role.GUEST)
def sound(_request: Request) -> Response:
    return PlainTextResponse("what was heard")


@require(Role.PARENT)
async def change(request: Request) -> Response:
    await checked_form(request)
    return PlainTextResponse("changed")


def example_routes(_parts: JournalParts) -> list[BaseRoute]:
    return [
        Route("/sound", sound),
        Route("/change", change, methods=["POST"]),
        Route("/api/v1/sound", sound),
    ]


@pytest.fixture(autouse=True)
def example_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "_ROUTES", (access_routes, example_routes))


@pytest.fixture
def pages() -> Iterator[ServedPages]:
    with ServedPages(PARTS, Role.NOBODY) as served:
        yield served


def test_nothing_is_heard_before_the_login(pages: ServedPages) -> None:
    reply = pages.get("/sound")
    assert (reply.status, reply.headers["location"]) == (303, "/login?next=%2Fsound")
    assert pages.get("/api/v1/sound").status == 401
    assert pages.get("/api/v1/sound").json == {"error": "Please log in first."}


def test_the_password_opens_the_page_that_was_asked_for(pages: ServedPages) -> None:
    reply = pages.post("/login", {"password": PARENT_PASSWORD, "next": "/sound"})
    assert (reply.status, reply.headers["location"]) == (303, "/sound")
    assert pages.get("/sound").text == "what was heard"


def test_a_wrong_password_opens_nothing_and_says_so(pages: ServedPages) -> None:
    reply = pages.post("/login", {"password": "wrong", "next": "/sound"})
    assert reply.status == 403
    assert "This password is wrong." in reply.text
    assert 'name="next" value="/sound"' in reply.text
    assert SESSION_COOKIE not in pages.cookies
    assert pages.get("/sound").status == 303


def test_the_cookie_of_a_login_is_for_this_server_alone(pages: ServedPages) -> None:
    reply = pages.post("/login", {"password": PARENT_PASSWORD})
    attributes = set(reply.headers["set-cookie"].lower().split("; ")[1:])
    assert attributes == {"httponly", "samesite=lax", "path=/", "max-age=34560000"}


def test_a_logout_ends_the_session_also_for_who_has_copied_the_cookie(pages: ServedPages) -> None:
    pages.post("/login", {"password": PARENT_PASSWORD})
    copied = dict(pages.cookies)
    token = pages.access.links.form_token(copied[SESSION_COOKIE])
    assert pages.ask_form("/logout", {"csrf": token}).headers["location"] == "/login"
    assert pages.get("/sound").status == 303
    pages.cookies.update(copied)
    assert pages.get("/sound").status == 303


def test_a_guest_listens_and_changes_nothing(pages: ServedPages) -> None:
    pages.post("/login", {"password": GUEST_PASSWORD})
    assert pages.get("/sound").status == 200
    token = pages.access.links.form_token(pages.cookies[SESSION_COOKIE])
    reply = pages.ask_form("/change", {"csrf": token})
    assert reply.status == 403
    assert "A guest may look and listen, but not change anything." in reply.text


def test_another_site_cannot_log_a_browser_in_with_a_password_of_its_own(pages: ServedPages) -> None:
    assert pages.ask_form("/login", {"password": PARENT_PASSWORD}).status == 403
    # The token that it gets itself belongs to the cookie of its own browser.
    found = re.search(r'name="csrf" value="([^"]+)"', pages.get("/login").text)
    assert found
    own = {"password": PARENT_PASSWORD, "csrf": found[1]}
    pages.cookies.clear()
    pages.get("/login")
    assert pages.ask_form("/login", own).status == 403


def test_a_form_changes_something_only_with_the_token_of_its_visitor(pages: ServedPages) -> None:
    pages.log_in(Role.PARENT)
    token = pages.access.links.form_token(pages.cookies[SESSION_COOKIE])
    assert pages.ask_form("/change", {"csrf": token}).text == "changed"
    for wrong in ("", "x", token[:-1], token.upper(), "é"):
        reply = pages.ask_form("/change", {"csrf": wrong})
        assert reply.status == 403
        assert "This page is too old." in reply.text


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://["},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://127.0.0.1"},
    ],
)
def test_another_site_changes_nothing_even_if_it_knows_the_token(pages: ServedPages, headers: dict[str, str]) -> None:
    pages.log_in(Role.PARENT)
    token = pages.access.links.form_token(pages.cookies[SESSION_COOKIE])
    reply = pages.ask_form("/change", {"csrf": token}, headers)
    assert reply.status == 403
    assert "another site" in reply.text


def test_the_origin_of_our_own_pages_is_accepted(pages: ServedPages) -> None:
    pages.log_in(Role.PARENT)
    token = pages.access.links.form_token(pages.cookies[SESSION_COOKIE])
    headers = {"Origin": f"http://127.0.0.1:{pages.port}", "Sec-Fetch-Site": "same-origin"}
    assert pages.ask_form("/change", {"csrf": token}, headers).text == "changed"


@pytest.mark.parametrize(
    "forged", ["", "x", "a" * 43, "a" * 5_000, "é", "../../etc/passwd", "' OR 1=1 --", "tears_session", '"', "%00"]
)
def test_a_forged_cookie_opens_nothing(pages: ServedPages, forged: str) -> None:
    header = {"Cookie": f"{SESSION_COOKIE}={forged}".encode().decode("latin-1")}
    assert pages.get("/sound", header).status == 303


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "http:evil",
        "evil",
        "/\t/evil.example",
        "/\n/x",
        "//[",
    ],
)
def test_the_login_leads_to_no_other_site(pages: ServedPages, elsewhere: str) -> None:
    reply = pages.post("/login", {"password": PARENT_PASSWORD, "next": elsewhere})
    assert (reply.status, reply.headers["location"]) == (303, "/")
    again = pages.get(f"/login?{urlencode({'next': elsewhere})}")
    assert (again.status, again.headers["location"]) == (303, "/")


def test_passwords_cannot_be_guessed_one_after_the_other() -> None:
    clock = ManualClock()
    parts = JournalParts(settings=PARTS.settings, clock=clock)
    with ServedPages(parts, Role.NOBODY) as pages:
        for _ in range(10):
            assert "This password is wrong." in pages.post("/login", {"password": "x"}).text
        reply = pages.post("/login", {"password": PARENT_PASSWORD})
        assert reply.status == 403
        assert "There were too many wrong passwords. Wait 11 min, and try again." in reply.text
        clock.advance(601.0)
        assert pages.post("/login", {"password": PARENT_PASSWORD}).status == 303


def test_pages_are_shown_while_many_passwords_are_compared(pages: ServedPages, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = threading.Event()
    monkeypatch.setattr(pages.access, "log_in", lambda *_, **__: waiting.wait(60.0) and "a secret")
    pages.get("/login")
    token = pages.access.links.form_token(f"visit {pages.cookies[FORM_COOKIE]}")
    # More of them than the pages have threads.
    logins = [
        threading.Thread(target=pages.ask_form, args=("/login", {"csrf": token, "password": "x"})) for _ in range(20)
    ]
    for one in logins:
        one.start()
    try:
        secret, _ = pages.access.make_token("a program", Role.GUEST)
        assert pages.get("/api/v1/sound", {"Authorization": f"Bearer {secret}"}).status == 200
    finally:
        waiting.set()
        for one in logins:
            one.join()


def test_a_program_with_a_token_needs_no_login(pages: ServedPages) -> None:
    secret, token = pages.access.make_token("Home Assistant", Role.PARENT)
    header = {"Authorization": f"Bearer {secret}"}
    assert pages.get("/api/v1/sound", header).status == 200
    assert pages.ask_form("/change", {}, header).text == "changed"
    assert pages.get("/api/v1/sound", {"Authorization": f"Bearer {secret}x"}).status == 401
    pages.access.end_token(token.id)
    assert pages.get("/api/v1/sound", header).status == 401


def test_a_token_of_a_guest_changes_nothing(pages: ServedPages) -> None:
    secret, _ = pages.access.make_token("a clock that shows the room", Role.GUEST)
    assert pages.ask_form("/change", {}, {"Authorization": f"Bearer {secret}"}).status == 403


def test_a_password_that_is_replaced_ends_the_sessions_of_its_role(pages: ServedPages) -> None:
    pages.post("/login", {"password": PARENT_PASSWORD})
    pages.access.set_password(Role.PARENT, "another password")
    assert pages.get("/sound").status == 303
    assert "This password is wrong." in pages.post("/login", {"password": PARENT_PASSWORD}).text
    assert pages.post("/login", {"password": "another password"}).status == 303


def test_the_login_speaks_german(pages: ServedPages) -> None:
    reply = pages.get("/login", {"Accept-Language": "de-DE,de;q=0.9,en;q=0.5"})
    assert '<html lang="de">' in reply.text
