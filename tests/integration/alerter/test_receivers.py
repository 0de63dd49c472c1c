"""Receivers over real connections."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from support.alerter.notices import crying_notice
from support.mqtt.mqtt_broker import MqttBroker
from support.network.receivers import NoticeReceiver
from support.network.reserved_port import reserved_port
from support.waiting import wait_until
from urllib3.exceptions import ReadTimeoutError
from urllib3.response import HTTPResponse

from tears.alerter.errors import HungUpError, UnansweredError
from tears.alerter.notices.handover.bounded_answers import MOST_ANSWER_BYTES
from tears.alerter.notices.handover.failures import AttemptFailure, judge_failure
from tears.alerter.notices.kinds import NoticeKind
from tears.alerter.notices.notice import Notice
from tears.alerter.notices.receivers import AppriseReceiver, give_id

# Apprise imports a module that Python 3.13 has no more.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

NOTICE = crying_notice("6b1f2c0e")
# A pool of threads has no more of them, if nobody says how many it should have.
MOST_SHARED_THREADS = 32


@contextmanager
def server(*, closes: bool) -> Iterator[int]:
    """Take requests and never answer them: keep their connections open, or close them."""
    listener = socket.create_server(("127.0.0.1", 0))
    kept: list[socket.socket] = []

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connection.recv(65_536)
            if closes:
                connection.close()
            else:
                kept.append(connection)

    threading.Thread(target=accept, daemon=True).start()
    yield listener.getsockname()[1]
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    for connection in kept:
        connection.close()


def test_many_receivers_that_hang_do_not_keep_another_one_waiting() -> None:
    told: list[bool] = []
    with server(closes=False) as port, NoticeReceiver() as well:
        hanging = [AppriseReceiver(f"json://127.0.0.1:{port}/{k}?rto=120", 1) for k in range(MOST_SHARED_THREADS)]
        threads = [threading.Thread(target=suppress_unanswered, args=(one,), daemon=True) for one in hanging]
        for thread in threads:
            thread.start()
        answering = AppriseReceiver(well.url(), 1)
        threading.Thread(target=lambda: told.append(answering.hand_over(NOTICE)), daemon=True).start()
        wait_until(lambda: told)
        assert told == [True]
        assert all(thread.is_alive() for thread in threads)
    for thread in threads:
        thread.join()


def suppress_unanswered(receiver: AppriseReceiver) -> None:
    with suppress(UnansweredError, HungUpError):
        receiver.hand_over(NOTICE)


@pytest.mark.parametrize("closes", [False, True])
@pytest.mark.parametrize("scheme", ["json", "ntfy", "form"])
def test_a_request_without_an_answer_may_have_arrived(scheme: str, *, closes: bool) -> None:
    with server(closes=closes) as port, pytest.raises(UnansweredError) as error:
        AppriseReceiver(f"{scheme}://127.0.0.1:{port}/s3cret?rto=0.2", 1).hand_over(NOTICE)
    assert "s3cret" not in str(error.value)


@pytest.mark.parametrize("resets", [False, True])
@pytest.mark.parametrize("scheme", ["json", "ntfy", "form"])
def test_a_port_that_accepts_and_hangs_up_at_once_has_most_likely_delivered_nothing(
    scheme: str, *, resets: bool
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def hang_up() -> None:
            connection, _ = listener.accept()
            if resets:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()

        threading.Thread(target=hang_up, daemon=True).start()
        receiver = AppriseReceiver(f"{scheme}://127.0.0.1:{listener.getsockname()[1]}/s3cret", 1)
        # It is refused if the reset came before the connection was there.
        with suppress(HungUpError):
            assert not receiver.hand_over(NOTICE)


def test_a_read_time_out_or_a_late_close_may_have_arrived_whatever_else_failed() -> None:
    texts = ["Max retries exceeded: Connection refused", "Socket Exception: Read timed out. (read timeout=30)"]
    assert judge_failure(texts, 0.1, 30.0) is AttemptFailure.UNANSWERED
    closed = ["('Connection aborted.', ConnectionResetError(104, 'Connection reset by peer'))"]
    assert judge_failure(closed, 10.0, 30.0) is AttemptFailure.UNANSWERED
    assert judge_failure(closed, 0.1, 30.0) is AttemptFailure.HUNG_UP
    not_sent = ["Max retries exceeded (Caused by: Connection reset by peer)"]
    assert judge_failure(not_sent, 60.0, 30.0) is AttemptFailure.REFUSED


@pytest.mark.parametrize("scheme", ["json", "ntfy", "mqtt"])
def test_a_connection_that_is_refused_has_delivered_nothing(scheme: str) -> None:
    with reserved_port() as port:
        assert not AppriseReceiver(f"{scheme}://127.0.0.1:{port}/topic", 1).hand_over(NOTICE)


@pytest.mark.parametrize("scheme", ["json", "ntfy"])
@pytest.mark.parametrize("status", [504, 524])
def test_a_gateway_that_got_no_answer_may_have_passed_the_notice_on(scheme: str, status: int) -> None:
    with NoticeReceiver() as receiver:
        receiver.status = status
        with pytest.raises(UnansweredError):
            AppriseReceiver(f"{scheme}://127.0.0.1:{receiver.port}/topic", 1).hand_over(NOTICE)


@pytest.mark.parametrize("status", [400, 429, 500, 502, 503])
def test_a_service_that_answers_with_an_error_has_not_taken_the_notice(status: int) -> None:
    with NoticeReceiver() as receiver:
        receiver.status = status
        assert not AppriseReceiver(receiver.url(), 1).hand_over(NOTICE)


@pytest.mark.parametrize(("status", "is_taken"), [("200 OK", True), ("500 Broken", False)])
def test_an_answer_without_an_end_is_read_no_further_than_an_answer_goes(status: str, *, is_taken: bool) -> None:
    sent_bytes = 0
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            nonlocal sent_bytes
            connection, _ = listener.accept()
            with connection, suppress(OSError):
                connection.recv(65_536)
                connection.sendall(f"HTTP/1.1 {status}\r\n\r\n".encode())
                while sent_bytes < 100 * MOST_ANSWER_BYTES:
                    sent_bytes += connection.send(bytes(65_536))

        thread = threading.Thread(target=answer)
        thread.start()
        receiver = AppriseReceiver(f"json://127.0.0.1:{listener.getsockname()[1]}/", 1)
        assert receiver.hand_over(NOTICE) == is_taken
        thread.join()
    # What the system keeps of a connection is not more than some megabytes.
    assert MOST_ANSWER_BYTES <= sent_bytes < 50 * MOST_ANSWER_BYTES


@pytest.mark.parametrize("status", ["200 OK", "500 Broken"])
@pytest.mark.parametrize(
    "rest",
    [
        b"Content-Length: 50\r\n\r\nabc",
        b"Transfer-Encoding: chunked\r\n\r\nno number\r\n",
        b"Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
    ],
    ids=["breaks off", "wrong chunk", "no gzip"],
)
def test_the_status_of_an_answer_decides_also_if_its_rest_is_garbled(status: str, rest: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(f"HTTP/1.1 {status}\r\n".encode() + rest)

        threading.Thread(target=answer).start()
        receiver = AppriseReceiver(f"json://127.0.0.1:{listener.getsockname()[1]}/", 1)
        assert receiver.hand_over(NOTICE) == (status == "200 OK")


@pytest.mark.parametrize("status", [200, 500])
def test_the_status_of_an_answer_decides_also_if_its_rest_never_comes(
    status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stand_still(response: HTTPResponse, *_: Any, **__: Any) -> Iterator[bytes]:
        yield b"abc"
        response.close()
        raise ReadTimeoutError(response._pool, "", "the rest has not come in time")  # type: ignore[arg-type]

    monkeypatch.setattr(HTTPResponse, "stream", stand_still)
    with NoticeReceiver() as receiver:
        receiver.status = status
        assert AppriseReceiver(receiver.url(), 1).hand_over(NOTICE) == (status == 200)


def test_a_name_that_cannot_be_resolved_has_delivered_nothing() -> None:
    assert not AppriseReceiver("json://no-such-host.invalid/topic", 1).hand_over(NOTICE)


def test_an_answer_may_take_longer_than_the_4_s_of_apprise_unless_the_url_says_otherwise() -> None:
    (service,) = AppriseReceiver("json://127.0.0.1/topic", 1)._new_apprise()
    assert service.request_timeout == (10.0, 30.0)
    (service,) = AppriseReceiver("json://127.0.0.1/topic?rto=7&cto=2", 1)._new_apprise()
    assert service.request_timeout == (2.0, 7.0)


def test_the_id_of_a_notice_goes_along_with_each_attempt() -> None:
    with NoticeReceiver() as receiver:
        parent = AppriseReceiver(f"{receiver.url()}?+X-Other=kept", 1)
        receiver.status = 503
        assert not parent.hand_over(NOTICE)
        receiver.status = 200
        assert parent.hand_over(NOTICE)
        assert [one["Idempotency-Key"] for one in receiver.headers] == ["6b1f2c0e"] * 2
        assert receiver.headers[-1]["X-Other"] == "kept"


def test_no_phone_is_asked_to_fetch_an_icon_from_the_internet() -> None:
    with NoticeReceiver() as receiver:
        assert AppriseReceiver(receiver.url().replace("json:", "ntfy:"), 1).hand_over(NOTICE)
        assert "github" not in str(receiver.headers[-1].items())


@pytest.mark.parametrize(
    ("url", "field"),
    [
        ("goalert://token@127.0.0.1", "dedup"),
        ("jira://0123456789abcdef@user", "alias"),
    ],
)
@pytest.mark.parametrize("own", ["mine", ""])
def test_an_incident_has_the_id_of_the_notice_unless_the_url_gives_another_one(url: str, field: str, own: str) -> None:
    asked = f"{url}?{field}={own}"
    (service,) = AppriseReceiver(asked, 1)._new_apprise()
    give_id(service, NOTICE.key, asked)
    assert getattr(service, field) == (own or NOTICE.key)


def test_the_header_that_the_url_gives_stays() -> None:
    with NoticeReceiver() as receiver:
        assert AppriseReceiver(f"{receiver.url()}?+Idempotency-Key=mine", 1).hand_over(NOTICE)
        assert receiver.headers[-1]["Idempotency-Key"] == "mine"


def test_an_mqtt_broker_that_was_away_gets_the_notices_that_waited() -> None:
    with reserved_port() as port:
        parent = AppriseReceiver(f"mqtt://127.0.0.1:{port}/tears", 1)
        for _ in range(2):
            assert not parent.hand_over(NOTICE)
        for room in ("nursery", "attic"):
            # Each time another broker, as after its restart.
            with MqttBroker(port) as broker:
                assert parent.hand_over(Notice("key", NoticeKind.CRYING, room))
                wait_until(lambda: len(broker.published) == 1)
                assert f"{room}: crying" in broker.published[0]
