"""The pages behind a proxy, as Home Assistant's ingress is one."""

from collections.abc import Iterator

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from support.journal.served_pages import PARENT_PASSWORD, ServedPages

from tears.journal.access.role import Role
from tears.journal.parts import JournalParts
from tears.journal.settings import JournalSettings
from tears.journal.web import app
from tears.journal.web.access.routes import routes as access_routes
from tears.journal.web.forms import checked_form
from tears.journal.web.guards import require, visitor_of
from tears.kit.clock import SystemClock
from tears.kit.errors import SettingsError

INGRESS = "/api/hassio_ingress/Xq3_-abc"
HOME_ASSISTANT = {"X-Ingress-Path": INGRESS, "X-Remote-User-Id": "mum", "X-Forwarded-For": "192.168.1.7"}


@require(Role.GUEST)
def who(request: Request) -> Response:
    return PlainTextResponse(f"{visitor_of(request).role.value} {request.client and request.client.host}")


@require(Role.PARENT)
async def change(request: Request) -> Response:
    await checked_form(request)
    return PlainTextResponse("changed")


def example_routes(_parts: JournalParts) -> list[BaseRoute]:
    return [Route("/who", who), Route("/change", change, methods=["POST"])]


@pytest.fixture(autouse=True)
def example_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "_ROUTES", (access_routes, example_routes))


def served(**settings: object) -> ServedPages:
    chosen = JournalSettings(**{"port": 0, "page_listen": "loopback", **settings})  # type: ignore[arg-type]
    return ServedPages(JournalParts(settings=chosen, clock=SystemClock()), Role.NOBODY)


@pytest.fixture
def pages() -> Iterator[ServedPages]:
    with served(trusted_proxies=("127.0.0.0/8",), trusted_user_header="X-Remote-User-Id") as one:
        yield one


def test_home_assistant_lets_its_users_in(pages: ServedPages) -> None:
    reply = pages.get("/who", HOME_ASSISTANT)
    assert (reply.status, reply.text) == (200, "parent 192.168.1.7")


def test_a_proxy_is_believed_where_the_pages_are_for_ipv4_and_ipv6() -> None:
    with served(page_listen="all", trusted_proxies=("127.0.0.0/8",), trusted_user_header="X-Remote-User-Id") as pages:
        headers = {**HOME_ASSISTANT, "X-Forwarded-Proto": "https"}
        assert pages.get("/who", headers).text == "parent 192.168.1.7"
        assert "; Secure" in pages.get("/login", {"X-Forwarded-Proto": "https"}).headers["set-cookie"]


def test_a_proxy_that_has_logged_nobody_in_shows_the_login_below_its_path(pages: ServedPages) -> None:
    headers = {"X-Ingress-Path": INGRESS}
    reply = pages.get("/who", headers)
    assert (reply.status, reply.headers["location"]) == (303, f"{INGRESS}/login?next=%2Fwho")
    login = pages.get("/login", headers)
    assert f'action="{INGRESS}/login"' in login.text
    assert f'href="{INGRESS}/static/style.css' in login.text
    assert f"Path={INGRESS}" in login.headers["set-cookie"]


def test_a_visitor_who_is_no_proxy_cannot_say_who_they_are() -> None:
    with served(trusted_proxies=("10.0.0.0/8",), trusted_user_header="X-Remote-User-Id") as pages:
        reply = pages.get("/who", HOME_ASSISTANT)
        assert (reply.status, reply.headers["location"]) == (303, "/login?next=%2Fwho")


def test_no_header_names_a_user_unless_the_house_says_which(pages: ServedPages) -> None:
    with served(trusted_proxies=("127.0.0.0/8",)) as other:
        assert other.get("/who", HOME_ASSISTANT).status == 303
    assert pages.get("/who", {"X-Remote-User-Id": ""}).status == 303


def test_users_of_a_proxy_may_be_guests() -> None:
    with served(trusted_proxies=("127.0.0.1",), trusted_user_header="X-Remote-User-Id", trusted_role="guest") as pages:
        assert pages.get("/who", HOME_ASSISTANT).text == "guest 192.168.1.7"


def test_forms_work_below_a_path_and_from_the_proxys_own_origin(pages: ServedPages) -> None:
    origin = {"Origin": "https://home.example", "X-Forwarded-Host": "home.example", "X-Forwarded-Proto": "https"}
    headers = {**HOME_ASSISTANT, **origin}
    token = pages.access.links.form_token("user mum")
    assert pages.ask_form("/change", {"csrf": token}, headers).text == "changed"
    assert pages.ask_form("/change", {"csrf": token}, {**headers, "Origin": "https://evil.example"}).status == 403
    assert pages.ask_form("/change", {"csrf": ""}, headers).status == 403


def test_a_login_through_a_proxy_with_https_has_a_cookie_for_https_alone(pages: ServedPages) -> None:
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-Prefix": "/tears"}
    login = pages.get("/login", headers)
    assert "Secure" in login.headers["set-cookie"]
    token = pages.access.links.form_token(f"visit {pages.cookies['tears_form']}")
    reply = pages.ask_form("/login", {"csrf": token, "password": PARENT_PASSWORD}, headers)
    assert reply.headers["location"] == "/tears/"
    assert "Secure" in reply.headers["set-cookie"]


@pytest.mark.parametrize("proxy", ["999.1.1.1", "10.0.0.0/99", "::::", "10"])
def test_a_proxy_that_is_no_address_is_an_error_that_names_the_setting(proxy: str) -> None:
    with pytest.raises(SettingsError, match=f"TEARS_JOURNAL_TRUSTED_PROXIES has {proxy}, which is no address"):
        served(trusted_proxies=(proxy,))


def test_a_header_that_no_proxy_can_set_is_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    with served(trusted_user_header="X-Remote-User-Id"):
        assert "TEARS_JOURNAL_TRUSTED_USER_HEADER has no effect" in caplog.text


@pytest.mark.parametrize(
    "prefix", ["//evil.example", "javascript:alert(1)", '/"><script>', "/a/../b c", "/\\x", "evil", "/" + "é"]
)
def test_a_path_that_cannot_be_one_is_ignored(pages: ServedPages, prefix: str) -> None:
    header = {"X-Ingress-Path": prefix.encode().decode("latin-1")}
    assert pages.get("/who", header).headers["location"] == "/login?next=%2Fwho"
    assert "evil" not in pages.get("/login", header).text


def test_addresses_are_believed_only_from_proxies_so_that_nobody_guesses_from_many() -> None:
    with served() as direct:
        for k in range(10):
            direct.get("/login")
            token = direct.access.links.form_token(f"visit {direct.cookies['tears_form']}")
            form = {"csrf": token, "password": "x"}
            direct.ask_form("/login", form, {"X-Forwarded-For": f"10.0.0.{k}"})
        reply = direct.ask_form("/login", form, {"X-Forwarded-For": "10.0.0.99"})
        assert "too many wrong passwords" in reply.text
