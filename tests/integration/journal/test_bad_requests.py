"""Requests that no page of ours sends, over real sockets."""

import contextlib
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from support.journal.raw_connections import answer_of, connected
from support.journal.served_pages import ServedPages

from tears.journal.access.role import Role
from tears.journal.parts import JournalParts
from tears.journal.settings import JournalSettings
from tears.journal.web import app
from tears.journal.web.access.routes import routes as access_routes
from tears.journal.web.cookies import SESSION_COOKIE
from tears.journal.web.forms import checked_form
from tears.journal.web.front import bounded_body
from tears.journal.web.front.bounded_body import MOST_BODY_BYTES
from tears.journal.web.guards import require
from tears.kit.clock import SystemClock

PARTS = JournalParts(settings=JournalSettings(port=0, page_listen="loopback"), clock=SystemClock())
FORM = "application/x-www-form-urlencoded"


@require(Role.PARENT)
async def change(request: Request) -> Response:
    form = await checked_form(request)
    return PlainTextResponse(str(len(str(form.get("text", "")))))


@require(Role.NOBODY)
def broken(_request: Request) -> Response:
    raise ZeroDivisionError


def example_routes(_parts: JournalParts) -> list[BaseRoute]:
    return [
        Route("/change", change, methods=["POST"]),
        Route("/broken", broken),
        Route("/api/v1/broken", broken),
    ]


@pytest.fixture(autouse=True)
def example_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "_ROUTES", (access_routes, example_routes))


@pytest.fixture
def pages() -> Iterator[ServedPages]:
    with ServedPages(PARTS) as served:
        yield served


def form_token(pages: ServedPages) -> str:
    return pages.access.links.form_token(pages.cookies[SESSION_COOKIE])


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/..%2fapp.py",
        "/static/%2e%2e/app.py",
        "/static/....//app.py",
        "/static//etc/passwd",
        "/static/%2fetc%2fpasswd",
        "/static/..\\app.py",
        "/static/style.css%00.png",
        "/static/%ff%fe",
        "/static/",
        "/static",
        "/../../etc/passwd",
        "//etc/passwd",
        "/login/../static/../app.py",
        "/%",
        "/" + "a" * 10_000,
    ],
)
def test_no_path_leads_out_of_the_files_of_the_pages(pages: ServedPages, path: str) -> None:
    reply = pages.get(path)
    assert reply.status in {404, 307}
    assert b"import" not in reply.body
    assert b"root:" not in reply.body


def test_a_form_that_is_too_large_is_refused_in_words(pages: ServedPages) -> None:
    body = urlencode({"csrf": form_token(pages), "text": "x" * MOST_BODY_BYTES}).encode()
    reply = pages.ask("POST", "/change", body, {"Content-Type": FORM})
    assert reply.status == 413
    assert "A form has 64 KiB at most." in reply.text


def test_a_form_that_promises_to_be_too_large_is_refused_before_it_comes(pages: ServedPages) -> None:
    head = (
        f"POST /change HTTP/1.1\r\nHost: x\r\nContent-Type: {FORM}\r\nContent-Length: 1000000000\r\n"
        f"Cookie: {SESSION_COOKIE}={pages.cookies[SESSION_COOKIE]}\r\n\r\n"
    )
    with connected(pages) as connection:
        connection.sendall(head.encode())
        assert b"413" in answer_of(connection).partition(b"\r\n")[0]


def test_a_form_that_promises_to_be_small_and_is_not_is_refused(pages: ServedPages) -> None:
    head = (
        f"POST /change HTTP/1.1\r\nHost: x\r\nContent-Type: {FORM}\r\nTransfer-Encoding: chunked\r\n"
        f"Cookie: {SESSION_COOKIE}={pages.cookies[SESSION_COOKIE]}\r\n\r\n"
    )
    with connected(pages) as connection:
        connection.sendall(head.encode())
        with contextlib.suppress(ConnectionError):
            for _ in range(20):
                connection.sendall(b"2000\r\n" + b"x" * 0x2000 + b"\r\n")
        assert b"413" in answer_of(connection).partition(b"\r\n")[0]


def test_a_form_of_the_largest_size_is_taken(pages: ServedPages) -> None:
    size = MOST_BODY_BYTES - 200
    body = urlencode({"csrf": form_token(pages), "text": "x" * size}).encode()
    assert pages.ask("POST", "/change", body, {"Content-Type": FORM}).text == str(size)


def test_a_form_with_a_file_or_too_many_fields_is_refused(pages: ServedPages) -> None:
    token = form_token(pages)
    file = (
        f'--b\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n{token}\r\n'
        '--b\r\nContent-Disposition: form-data; name="f"; filename="x"\r\n\r\ny\r\n--b--\r\n'
    )
    reply = pages.ask("POST", "/change", file.encode(), {"Content-Type": "multipart/form-data; boundary=b"})
    assert reply.status == 400
    fields = urlencode({f"f{k}": "x" for k in range(1_000)}).encode()
    assert pages.ask("POST", "/change", fields, {"Content-Type": FORM}).status == 400


@pytest.mark.parametrize("length", ["9" * 30, "-1", "x", "1e3", "٣"])
def test_a_length_that_cannot_be_right_breaks_nothing(pages: ServedPages, length: str) -> None:
    with connected(pages) as connection:
        connection.sendall(f"POST /change HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\nx".encode())
        assert answer_of(connection).split(b" ")[1] in {b"303", b"400", b"413"}
    assert pages.get("/static/style.css").status == 200


def test_a_form_that_comes_too_slowly_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "BoundedBody", lambda inner: bounded_body.BoundedBody(inner, most_seconds=0.2))
    with ServedPages(PARTS) as pages:
        head = (
            f"POST /change HTTP/1.1\r\nHost: x\r\nContent-Type: {FORM}\r\nContent-Length: 1000\r\n"
            f"Cookie: {SESSION_COOKIE}={pages.cookies[SESSION_COOKIE]}\r\n\r\ncsrf="
        )
        with connected(pages) as connection:
            connection.sendall(head.encode())
            answer = answer_of(connection)
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"This took too long to arrive." in answer


def test_what_is_no_http_gets_an_answer_and_no_line_in_the_log(
    pages: ServedPages, caplog: pytest.LogCaptureFixture
) -> None:
    for noise in (b"\x16\x03\x01\x02\x00", b"GET\r\n\r\n", b"GET / HTTP/1.1\r\n" + b"X: y" * 5_000 + b"\r\n\r\n"):
        with connected(pages) as connection:
            connection.sendall(noise + b"\r\n\r\n")
            assert answer_of(connection).startswith(b"HTTP/1.1 400")
    with connected(pages) as connection:
        upgrade = b"GET /login HTTP/1.1\r\nHost: x\r\nConnection: upgrade, close\r\nUpgrade: websocket\r\n\r\n"
        connection.sendall(upgrade)
        assert answer_of(connection).startswith(b"HTTP/1.1 200")
    assert [one.message for one in caplog.records if one.levelname != "INFO"] == []


@pytest.mark.parametrize("method", ["PUT", "DELETE", "TRACE", "CONNECT", "PROPFIND", "OPTIONS"])
def test_other_methods_are_refused_in_words(pages: ServedPages, method: str) -> None:
    reply = pages.ask(method, "/login")
    assert reply.status in {400, 405}


def test_an_error_of_ours_is_a_page_in_words_and_a_traceback_in_the_log(
    pages: ServedPages, caplog: pytest.LogCaptureFixture
) -> None:
    reply = pages.get("/broken")
    assert reply.status == 500
    assert "Something in the journal has broken down; listening and alerts go on." in reply.text
    assert "ZeroDivisionError" not in reply.text
    assert "default-src 'none'" in reply.headers["content-security-policy"]
    assert pages.get("/api/v1/broken").json["error"].startswith("Something in the journal has broken down")
    assert "ZeroDivisionError" in caplog.text


def test_every_answer_has_the_headers_that_keep_other_sites_out(pages: ServedPages) -> None:
    for path in ("/login", "/static/style.css", "/nothing", "/broken", "/change"):
        headers = pages.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "SAMEORIGIN"
        assert headers["referrer-policy"] == "same-origin"
        assert "access-control-allow-origin" not in headers
        assert "server" not in headers


def test_pages_are_not_kept_by_browsers_and_files_are() -> None:
    with ServedPages(PARTS, Role.NOBODY) as pages:
        assert pages.get("/login").headers["cache-control"] == "private, no-store"
        assert pages.get("/static/style.css").headers["cache-control"] == "no-cache"
        kept = pages.get("/static/style.css?v=1")
        assert kept.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert "set-cookie" not in kept.headers


def test_a_connection_that_is_cut_in_the_middle_of_a_form_breaks_nothing(
    pages: ServedPages, caplog: pytest.LogCaptureFixture
) -> None:
    head = (
        f"POST /change HTTP/1.1\r\nHost: x\r\nContent-Type: {FORM}\r\nContent-Length: 1000\r\n"
        f"Cookie: {SESSION_COOKIE}={pages.cookies[SESSION_COOKIE]}\r\n\r\ncsrf="
    )
    for _ in range(5):
        with connected(pages) as connection:
            connection.sendall(head.encode())
    assert pages.get("/static/style.css").status == 200
    assert "Traceback" not in caplog.text
