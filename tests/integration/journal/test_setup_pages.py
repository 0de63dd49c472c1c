"""The setup page and the first run, over real HTTP, with a real Redis and a real alerter."""

import io
import json
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import redis
from support.journal.served_pages import PARENT_PASSWORD, PageReply, ServedPages, open_access
from support.network.receivers import NoticeReceiver
from support.processes.service_process import ServiceProcess

from tears.journal.access.role import Role
from tears.journal.live.house_view import RoomsNow
from tears.journal.live.live_house import LiveHouse
from tears.journal.parts import JournalParts
from tears.journal.settings import JournalSettings
from tears.journal.setup.house_setup import HouseSetup
from tears.journal.setup.receiver_commands import check_draft
from tears.kit.access.acknowledge_links import AcknowledgeLink, acknowledge_token
from tears.kit.access.link_key import LinkKey, read_link_key
from tears.kit.clock import SystemClock
from tears.kit.messages import AudioChunk
from tears.kit.registry.mics import MicRecord
from tears.kit.streams import names

RATE_HZ = 16_000


class House:
    """The pages of a house with one microphone, and what lies in Redis of it."""

    def __init__(self, client: redis.Redis, folder: Path) -> None:
        self.client = client
        self.alerts_path = folder / "alerts.toml"
        self.rooms = RoomsNow(SystemClock())
        live: Any = LiveHouse(rooms=self.rooms, sound=None, metrics=None)  # type: ignore[arg-type]  # not used here
        self.parts = JournalParts(
            settings=JournalSettings(port=0, page_listen="loopback", data=str(folder)),
            clock=SystemClock(),
            live=live,
            setup=HouseSetup(client, str(self.alerts_path), folder),
            redis=client,
        )

    def hear(self, clap_dbfs: float | None = None, mic: str = "nursery") -> None:
        """Let a microphone give six seconds, with a clap in them or none."""
        random = np.random.default_rng(1)
        samples = random.standard_normal((6 * RATE_HZ, 1)) * 32_768 * 10 ** (-60 / 20)
        if clap_dbfs is not None:
            samples[2 * RATE_HZ : 2 * RATE_HZ + 480] *= 10 ** ((clap_dbfs + 60) / 20)
        frames = samples.astype(np.int16)
        record = MicRecord(
            mic=mic, sample_rate_hz=RATE_HZ, channels=1, device="usb", session="s1", heartbeat_seconds=1.0
        )
        self.rooms.registered({mic: record}, {})
        for second in range(6):
            chunk = AudioChunk(
                mic=mic,
                session="s1",
                first_sample=second * RATE_HZ,
                sample_rate_hz=RATE_HZ,
                channels=1,
                pcm=frames[second * RATE_HZ : (second + 1) * RATE_HZ].tobytes(),
                captured_at_seconds=1.8e9 + second,
            )
            self.client.xadd(names.chunks(mic), {names.BODY: chunk.encode()})
            self.rooms.heard(mic, chunk)


@pytest.fixture
def house(redis_client: redis.Redis, tmp_path: Path) -> House:
    return House(redis_client, tmp_path)


@pytest.fixture
def pages(house: House) -> Iterator[ServedPages]:
    with ServedPages(house.parts) as served:
        yield served


@pytest.fixture
def receiver() -> Iterator[NoticeReceiver]:
    with NoticeReceiver() as one:
        yield one


@pytest.fixture
def alerter(house: House, redis_url: str, tmp_path: Path) -> Iterator[ServiceProcess]:
    environ = {
        "TEARS_REDIS_URL": redis_url,
        "TEARS_ALERTER_STATE_PATH": str(tmp_path / "state" / "alerter.sqlite"),
        "TEARS_ALERTER_PROBE_PORT": "0",
        "TEARS_ALERTER_SELFTEST_SECONDS": "0",
        "TEARS_ALERTER_RULES": str(house.alerts_path),
        "TEARS_JOURNAL_URL": "http://pi.local:8080",
    }
    with ServiceProcess("tears.alerter", environ, tmp_path / "alerter.log") as process:
        yield process


def add(pages: ServedPages, name: str, url: str, **fields: str) -> PageReply:
    return send_form(pages, "/setup/receivers/form", {"name": name, "way": "url", "url": url, **fields})


def send_form(pages: ServedPages, path: str, fields: dict[str, str], form_at: str = "") -> PageReply:
    """Send a form with the hidden fields of its page."""
    page = pages.get(form_at or path).text
    hidden = {name: _value_of(page, name) for name in ("seen",) if f'name="{name}"' in page}
    return pages.post(path, {**hidden, **fields}, form_at=form_at or path)


def _value_of(page: str, name: str) -> str:
    return page.partition(f'name="{name}" value="')[2].partition('"')[0]


@pytest.mark.usefixtures("alerter")
def test_a_parent_adds_changes_tries_and_removes_receivers(
    pages: ServedPages, house: House, receiver: NoticeReceiver
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

    page = pages.post("/setup/receivers/test", {"name": "mum"}, form_at="/setup/receivers")
    assert "The test was accepted." in page.text
    assert [one["title"] for one in receiver.taken] == ["Tears: test"]
    page = pages.post("/setup/receivers/test", {"name": "dad"}, form_at="/setup/receivers")
    assert "The test was not accepted." in page.text

    form = pages.get("/setup/receivers/form?name=dad").text
    assert "s3cret" not in form
    fields = {"was": "dad", "name": "papa", "way": "url", "seen": _value_of(form, "seen")}
    assert pages.post("/setup/receivers/form", fields, form_at="/setup/receivers/form?name=dad").status == 200
    assert "json://127.0.0.1:1/s3cret" in house.alerts_path.read_text()
    assert send_form(pages, "/setup/receivers/remove", {"name": "mum"}, "/setup/receivers").status == 200
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
        ({"way": "ntfy", "topic": "a b"}, "A topic of ntfy has"),
        ({"seen": "0" * 16}, "changed elsewhere"),
    ],
)
def test_a_receiver_that_cannot_be_used_is_refused_and_what_was_typed_stays(
    pages: ServedPages, house: House, fields: dict[str, str], words: str
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
    pages: ServedPages, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert house.parts.setup is not None
    monkeypatch.setattr(house.parts.setup.receivers, "_check", lambda: check_draft(house.client, 0.1))
    page = add(pages, "mum", "json://127.0.0.1:1/")
    assert (page.status, "The alerter does not answer" in page.text) == (400, True)
    assert not house.alerts_path.exists()


def test_a_list_that_the_alerter_cannot_use_is_named_with_its_fault(
    pages: ServedPages, house: House, alerter: ServiceProcess
) -> None:
    alerter.wait_for_log("does not exist yet")
    house.alerts_path.write_text('[[receivers]]\nname = "mum"\nurls = "json://127.0.0.1:9/"\nrepeet_seconds = 60\n')
    page = pages.get("/setup/receivers").text
    assert "The alerter cannot use this list" in page
    assert "did you mean repeat_seconds?" in page


def test_receivers_of_a_setting_are_not_called_nobody(
    pages: ServedPages, house: House, redis_url: str, tmp_path: Path
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
    house: House, redis_client: redis.Redis, tmp_path: Path
) -> None:
    setup = HouseSetup(redis_client, "", tmp_path)
    parts = JournalParts(settings=house.parts.settings, clock=SystemClock(), setup=setup, redis=redis_client)
    with ServedPages(parts) as pages:
        assert "Set TEARS_ALERTER_RULES" in pages.get("/setup").text
        assert pages.get("/setup/receivers").status == 400


def test_a_clap_shows_that_a_microphone_hears_and_its_sound_can_be_played(pages: ServedPages, house: House) -> None:
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


def test_the_health_of_each_part_is_in_words(pages: ServedPages, house: House) -> None:
    house.hear()
    page = pages.get("/setup").text
    assert "Preparing the sound (preprocessor)</strong>: does not work" in page
    assert "Start the preprocessor again." in page
    states = {one["part"]: one["state"] for one in pages.get("/api/v1/health").json["parts"]}
    assert states["redis"] == "good"
    assert states["microphones"] == "good"
    assert states["model_server"] == "unknown"


def test_a_redis_that_is_away_leaves_a_page_that_says_so(redis_client: redis.Redis, tmp_path: Path) -> None:
    away = redis.Redis(port=1, socket_connect_timeout=0.2)
    house = House(redis_client, tmp_path)
    parts = JournalParts(
        settings=house.parts.settings, clock=SystemClock(), setup=HouseSetup(away, "", tmp_path), redis=away
    )
    with ServedPages(parts) as pages:
        page = pages.get("/setup")
        assert page.status == 200
        assert "Start Redis again" in page.text
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
    assert pages.post(f"{at}/password", {"role": "parent", "password": "short"}, form_at=at).status == 200
    assert "8 to" in pages.post(f"{at}/password", {"role": "parent", "password": "short"}, form_at=at).text
    assert pages.post(f"{at}/password", {"role": "parent", "password": "another password"}, form_at=at).status == 303
    assert pages.access.passwords.role_of("another password") is Role.PARENT
    assert pages.post(f"{at}/guests/end", {}, form_at=at).status == 303
    assert not pages.access.passwords.lets_guests_in
    pages.post(f"{at}/password", {"role": "guest", "password": "for grandparents"}, form_at=at)
    assert pages.access.passwords.role_of("for grandparents") is Role.GUEST
    page = pages.post(f"{at}/tokens", {"name": "Home Assistant"}, form_at=at).text
    secret = page.partition('<code class="secret">')[2].partition("<")[0]
    token = pages.access.token(secret)
    assert token is not None
    assert token.role is Role.GUEST
    pages.post(f"{at}/tokens/end", {"id": token.id}, form_at=at)
    assert pages.access.token(secret) is None
    session = pages.access.sessions.list_all()[0]
    pages.post(f"{at}/sessions/end", {"id": session.id}, form_at=at)
    assert pages.get(at).status == 303


@pytest.mark.usefixtures("alerter")
def test_the_first_run_leads_from_the_login_to_a_phone_that_rings(
    house: House, receiver: NoticeReceiver, tmp_path: Path
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
            page = pages.post("/welcome/test", {"name": "Mum & Dad"})
            assert "The test was accepted." in page.text
            assert [one["title"] for one in receiver.taken] == ["Tears: test"]
            assert "All is set up" in pages.get("/welcome/done").text
            pages.get("/logout")
            reply = pages.post("/login", {"password": PARENT_PASSWORD}, form_at="/setup")
            assert access.passwords.is_chosen


def test_the_first_run_offers_a_topic_that_nobody_can_guess(pages: ServedPages) -> None:
    topics = {_value_of(pages.get("/welcome/phone").text, "topic") for _ in range(5)}
    assert len(topics) == 5
    assert all(one.startswith("tears-") and len(one) == 18 for one in topics)


def link(house: House, expires_in_seconds: float = 60.0, key: bytes = b"") -> str:
    one = AcknowledgeLink("nursery", "", house.parts.clock.wall_seconds() + expires_in_seconds)
    return f"/acknowledge/{acknowledge_token(key or read_link_key(house.client), one)}"


@pytest.mark.usefixtures("alerter")
def test_a_link_acknowledges_without_a_login_and_only_when_it_is_sent(pages: ServedPages, house: House) -> None:
    LinkKey().keep(house.client)
    pages.log_in(Role.NOBODY)
    path = link(house)
    page = pages.get(path)
    assert (page.status, "I am on the way" in page.text) == (200, True)
    assert not house.client.exists(names.COMMANDS_STREAM)
    page = pages.ask("POST", path)
    assert page.status == 200
    assert "there is nothing to acknowledge" in page.text
    assert house.client.xlen(names.COMMANDS_STREAM) == 1


def test_a_link_that_is_forged_old_or_cut_off_acknowledges_nothing(pages: ServedPages, house: House) -> None:
    LinkKey().keep(house.client)
    pages.log_in(Role.NOBODY)
    for path in (link(house, key=b"x" * 32), link(house, -1.0), link(house)[:-3], "/acknowledge/x"):
        for method in ("GET", "POST"):
            page = pages.ask(method, path)
            assert page.status == 403
            assert "Open the journal to acknowledge the alert." in page.text
    house.client.delete(names.LINK_KEY)
    assert pages.ask("POST", link(house, key=b"x" * 32)).status == 403
    assert not house.client.exists(names.COMMANDS_STREAM)
