"""The setup page and the first run, over real HTTP, with a real Redis and a real alerter."""

import io
import wave
from pathlib import Path

import pytest
import redis
from support.journal.served_pages import GUEST_PASSWORD, PARENT_PASSWORD, ServedPages, open_access
from support.journal.set_up_house import RATE_HZ, SetUpHouse, send_form, value_of
from support.network.receivers import NoticeReceiver

from tears.journal.access.login_attempts import ADDRESS_ATTEMPTS
from tears.journal.access.role import Role
from tears.journal.parts import JournalParts
from tears.journal.setup.house_setup import HouseSetup
from tears.kit.clock import SystemClock


def test_a_clap_shows_that_a_microphone_hears_and_its_sound_can_be_played(
    pages: ServedPages, house: SetUpHouse
) -> None:
    assert pages.get("/setup/microphones/nursery").status == 404
    house.hear()
    assert "No clap was heard." in pages.get("/setup/microphones/nursery?clapped=1").text
    assert pages.get("/api/v1/microphones/nursery/clap").json["verdict"] == "not_heard"
    house.hear(clap_dbfs=-20.0)
    assert "The clap was heard." in pages.get("/setup/microphones/nursery?clapped=1").text
    (microphone,) = pages.get("/api/v1/microphones").json
    assert (microphone["mic"], microphone["name"]) == ("nursery", "nursery")
    assert 0 < microphone["loudness"] < 100
    reply = pages.get("/setup/microphones/nursery/sound.wav")
    assert reply.headers["content-type"] == "audio/wav"
    with wave.open(io.BytesIO(reply.body)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getnframes()) == (RATE_HZ, 1, 5 * RATE_HZ)


def test_the_health_of_each_part_is_in_words(pages: ServedPages, house: SetUpHouse) -> None:
    house.hear()
    page = pages.get("/setup").text
    assert "Preparing the sound (preprocessor)</strong>: does not work" in page
    assert "Start the preprocessor again." in page
    states = {one["part"]: one["state"] for one in pages.get("/api/v1/health").json["parts"]}
    assert states["redis"] == "good"
    assert states["microphones"] == "good"
    assert states["model_server"] == "unknown"


def test_a_path_where_no_list_of_receivers_is_is_named_until_there_is_one(
    pages: ServedPages, house: SetUpHouse
) -> None:
    page = pages.get("/setup").text
    assert f"There is no file {house.alerts_path} yet" in page
    assert "TEARS_ALERTER_RULES" in page
    house.alerts_path.write_text("")
    page = pages.get("/setup").text
    assert "Nobody gets an alert yet." in page
    assert "There is no file" not in page


def test_a_redis_that_is_away_leaves_a_page_that_says_so(redis_client: redis.Redis, tmp_path: Path) -> None:
    away = redis.Redis(port=1, socket_connect_timeout=0.2)
    house = SetUpHouse(redis_client, tmp_path)
    parts = JournalParts(
        settings=house.parts.settings, clock=SystemClock(), setup=HouseSetup(away, "", tmp_path), redis=away
    )
    with ServedPages(parts) as pages:
        page = pages.get("/setup")
        assert page.status == 200
        assert "Start Redis again" in page.text
        assert "Alerts (alerter)</strong>: not known, because Redis does not answer" in page.text
        assert "nothing to do" not in page.text
        reply = pages.ask("POST", "/acknowledge/abc.def")
        assert (reply.status, "Redis does not answer" in reply.text) == (503, True)


def test_a_guest_looks_and_changes_nothing(pages: ServedPages) -> None:
    pages.log_in(Role.GUEST)
    page = pages.get("/setup")
    assert page.status == 200
    assert "/setup/receivers" not in page.text
    for path in ("/setup/receivers", "/setup/receivers/form", "/setup/access", "/welcome"):
        assert pages.get(path).status == 403, path
    for path in ("/setup/receivers/remove", "/setup/access/password", "/setup/receivers/test", "/welcome/test"):
        assert pages.post(path, {"name": "mum"}, form_at="/setup").status == 403, path


def test_a_parent_says_who_may_log_in(pages: ServedPages) -> None:
    at = "/setup/access"
    known = {"current": PARENT_PASSWORD}
    reply = pages.post(f"{at}/password", {"role": "parent", "password": "short", **known}, form_at=at)
    assert "8 to" in pages.follow(reply).text
    changed = {"role": "parent", "password": "another password", **known}
    assert "The password is changed." in pages.follow(pages.post(f"{at}/password", changed, form_at=at)).text
    known = {"current": "another password"}
    assert pages.access.passwords.role_of("another password") is Role.PARENT
    assert pages.post(f"{at}/guests/end", {}, form_at=at).status == 303
    assert not pages.access.passwords.lets_guests_in
    reply = pages.post(f"{at}/password", {"role": "guest", "password": "for grandparents", **known}, form_at=at)
    assert "Guests can log in with this password now." in pages.get(reply.headers["location"]).text
    assert pages.access.passwords.role_of("for grandparents") is Role.GUEST
    reply = pages.post(f"{at}/tokens", {"name": "Home Assistant", **known}, form_at=at)
    page = pages.follow(reply).text
    secret = page.partition('<code class="secret">')[2].partition("<")[0]
    token = pages.access.token(secret)
    assert token is not None
    assert token.role is Role.GUEST
    assert secret in pages.get(reply.headers["location"]).text
    assert secret not in pages.get(at).text
    pages.post(f"{at}/tokens/end", {"id": token.id}, form_at=at)
    assert pages.access.token(secret) is None
    session = pages.access.sessions.list_all()[0]
    pages.post(f"{at}/sessions/end", {"id": session.id}, form_at=at)
    assert pages.get(at).status == 303


@pytest.mark.parametrize("current", ["", "a guess", GUEST_PASSWORD])
def test_a_session_alone_makes_no_key_that_outlives_it(pages: ServedPages, current: str) -> None:
    at = "/setup/access"
    for path, fields in (
        ("password", {"role": "parent", "password": "a thief's own"}),
        ("password", {"role": "guest", "password": "a thief's own"}),
        ("tokens", {"name": "a thief", "role": "parent"}),
    ):
        reply = pages.post(f"{at}/{path}", {**fields, "current": current}, form_at=at)
        assert "This password is wrong." in pages.follow(reply).text, path
    assert pages.access.passwords.role_of("a thief's own") is None
    assert pages.access.passwords.role_of(PARENT_PASSWORD) is Role.PARENT
    assert pages.access.tokens() == []


def test_the_present_password_cannot_be_guessed_for_long(pages: ServedPages) -> None:
    at, fields = "/setup/access", {"role": "parent", "password": "a thief's own"}
    for guess in range(ADDRESS_ATTEMPTS):
        pages.post(f"{at}/password", {**fields, "current": f"guess {guess}"}, form_at=at)
    reply = pages.post(f"{at}/password", {**fields, "current": PARENT_PASSWORD}, form_at=at)
    assert "There were too many wrong passwords." in pages.follow(reply).text
    assert pages.access.passwords.role_of(PARENT_PASSWORD) is Role.PARENT


@pytest.mark.usefixtures("alerter")
def test_the_first_run_leads_from_the_login_to_a_phone_that_rings(
    house: SetUpHouse, receiver: NoticeReceiver, tmp_path: Path
) -> None:
    with open_access(tmp_path, SystemClock()) as access:
        access.set_password(Role.PARENT, "made by the journal", is_generated=True)
        parts = JournalParts(
            settings=house.parts.settings,
            clock=SystemClock(),
            live=house.parts.live,
            access=access,
            setup=house.parts.setup,
            redis=house.client,
        )
        with ServedPages(parts, Role.NOBODY) as pages:
            assert pages.post("/login", {"password": GUEST_PASSWORD}).headers["location"] == "/"
            pages.log_in(Role.NOBODY)
            reply = pages.post("/login", {"password": "made by the journal"})
            assert reply.headers["location"] == "/welcome"
            reply = pages.post("/welcome", {"password": PARENT_PASSWORD})
            assert reply.headers["location"] == "/welcome/microphone"
            assert "No microphone has been found yet." in pages.get("/welcome/microphone").text
            house.hear(clap_dbfs=-20.0)
            assert "The clap was heard." in pages.get("/welcome/microphone?mic=nursery&clapped=1").text
            fields = {"name": "Mum & Dad", "way": "url", "url": receiver.url(), "repeats": "yes"}
            reply = send_form(pages, "/welcome/phone", fields)
            assert reply.headers["location"] == "/welcome/test?receiver=Mum+%26+Dad"
            reply = pages.post("/welcome/test", {"name": "Mum & Dad"})
            assert "The test was accepted." in pages.follow(reply).text
            assert "The test was accepted." in pages.get(reply.headers["location"]).text
            # Whoever finds the phone must not choose another one.
            assert pages.follow(pages.post("/welcome", {"password": "a thief's own"}, form_at="/setup")).status == 200
            assert access.passwords.role_of("a thief's own") is None
            assert [one["title"] for one in receiver.taken] == ["Tears: test"]
            assert "All is set up" in pages.get("/welcome/done").text
            pages.get("/logout")
            reply = pages.post("/login", {"password": PARENT_PASSWORD}, form_at="/setup")
            assert access.passwords.is_chosen


def test_the_first_run_offers_a_topic_that_nobody_can_guess(pages: ServedPages) -> None:
    topics = {value_of(pages.get("/welcome/phone").text, "topic") for _ in range(5)}
    assert len(topics) == 5
    assert all(one.startswith("tears-") and len(one) == 18 for one in topics)
