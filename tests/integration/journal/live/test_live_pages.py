"""The page Now, its events, its sound and its buttons, over real HTTP, with a real Redis for the commands."""

import http.client
import io
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

import msgspec
import numpy as np
import pytest
import redis
import soundfile
from prometheus_client import CollectorRegistry
from support.journal.served_pages import PageReply, ServedPages
from support.journal.spoken_room import SpokenRoom, live_house
from support.sound.chunks import known_noise
from support.waiting import wait_until

from tears.journal.access.role import Role
from tears.journal.live.sound.sound_hub import MOST_LISTENERS
from tears.journal.parts import JournalParts
from tears.journal.settings import JournalSettings
from tears.journal.web.live import endless_responses
from tears.kit.clock import ManualClock, SystemClock
from tears.kit.commands.answer import CommandAnswer, CommandOutcome
from tears.kit.messages import Command, CommandKind
from tears.kit.registry.mic_state import MicState
from tears.kit.registry.rooms import RoomState
from tears.kit.streams import names

TIMEOUT_SECONDS = 60.0


@dataclass
class LiveVisit:
    """The pages of a house with one room, and who looks at them."""

    pages: ServedPages
    room: SpokenRoom
    registry: CollectorRegistry
    clock: ManualClock

    def metric(self, name: str) -> float:
        return self.registry.get_sample_value(name) or 0.0

    def ask_as_script(self, wish: str) -> PageReply:
        """Send a form of the page as its script does."""
        csrf = self.pages.get("/").text.partition('name="csrf" content="')[2].partition('"')[0]
        return self.pages.ask_form(f"/rooms/nursery/{wish}", {"csrf": csrf}, {"Accept": "application/json"})

    @contextmanager
    def open(self, path: str, method: str = "GET") -> Iterator[http.client.HTTPResponse]:
        """Yield the answer to a request whose body goes on, and go away when the block ends."""
        connection = http.client.HTTPConnection("127.0.0.1", self.pages.port, timeout=TIMEOUT_SECONDS)
        try:
            cookies = "; ".join(f"{name}={value}" for name, value in self.pages.cookies.items())
            connection.request(method, path, headers={"Cookie": cookies})
            yield connection.getresponse()
        finally:
            connection.close()


@pytest.fixture
def visit(redis_client: redis.Redis) -> Iterator[LiveVisit]:
    # What was heard stays new, however long the machine takes.
    clock, registry = ManualClock(), CollectorRegistry()
    house = live_house(clock, registry)
    room = SpokenRoom(house, clock)
    room.be_quiet()
    parts = JournalParts(settings=JournalSettings(port=0), clock=clock, live=house, redis=redis_client)
    house.sound.start()
    with ServedPages(parts) as pages:
        yield LiveVisit(pages, room, registry, clock)
    house.sound.stop()


def next_event(reply: http.client.HTTPResponse) -> list[dict[str, object]]:
    line = reply.readline()
    assert line.startswith(b"data: "), line
    assert reply.readline() == b"\n"
    rooms: list[dict[str, object]] = json.loads(line.removeprefix(b"data: "))
    return rooms


def decode(mp3: bytes) -> tuple[np.ndarray[tuple[int], np.dtype[np.float64]], int]:
    samples, rate_hz = soundfile.read(io.BytesIO(mp3))
    return samples, rate_hz


def test_the_page_shows_each_room_without_any_script(visit: LiveVisit) -> None:
    page = visit.pages.get("/")
    assert page.status == 200
    assert ">Quiet</p>" in page.text
    assert "Tears is listening." in page.text
    assert '<noscript><p class="notice">This is how it was at ' in page.text
    visit.room.begin_crying(0.0)
    visit.room.register(RoomState.CRYING)
    page = visit.pages.get("/", {"Accept-Language": "en"})
    assert "Crying since 00:00" in page.text
    assert 'href="/episodes/episode-1"' in page.text


def test_a_house_without_a_room_leads_to_setup() -> None:
    clock = SystemClock()
    parts = JournalParts(settings=JournalSettings(port=0), clock=clock, live=live_house(clock))
    with ServedPages(parts) as pages:
        page = pages.get("/")
    assert "No room yet" in page.text
    assert 'href="/setup"' in page.text


def test_events_come_at_once_and_again_when_something_has_changed(visit: LiveVisit) -> None:
    with visit.open("/live/events") as reply:
        assert reply.headers["Content-Type"].startswith("text/event-stream")
        (first,) = next_event(reply)
        assert (first["mic"], first["condition"], first["state"], first["likeness"]) == ("nursery", "quiet", "Quiet", 4)
        assert 10 < int(str(first["loudness"])) < 50
        assert visit.metric("tears_journal_watchers") == 1
        visit.room.register(RoomState.QUIET, MicState.ABSENT)
        assert next_event(reply)[0]["trouble"] == "mic_absent"
    wait_until(lambda: visit.metric("tears_journal_watchers") == 0, describe="the end of the events")


@pytest.mark.parametrize("path", ["/live/events", "/live/nursery/sound.mp3"])
def test_a_browser_that_was_logged_out_hears_and_sees_nothing_more(
    visit: LiveVisit, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(endless_responses, "_LOOK_AGAIN_SECONDS", 0.05)
    with visit.open(path) as reply:
        assert reply.read1()
        visit.pages.access.set_password(Role.PARENT, "a new password")
        ends_at = time.monotonic() + TIMEOUT_SECONDS
        while time.monotonic() < ends_at:
            visit.clock.advance(1.0)
            visit.room.speak(known_noise(48_000, seed=5))
            if not reply.read1():
                return
        pytest.fail("it went on")


def test_the_sound_of_a_room_is_an_mp3_that_begins_at_once(visit: LiveVisit) -> None:
    noise = known_noise(48_000 * 3, seed=5)
    with visit.open("/live/nursery/sound.mp3") as reply:
        assert (reply.status, reply.headers["Content-Type"]) == (200, "audio/mpeg")
        first = reply.read1()
        assert first.startswith(b"\xff\xf3")
        assert visit.metric("tears_journal_listeners") == 1
        for second in range(3):
            visit.clock.advance(1.0)
            visit.room.speak(noise[second * 48_000 : (second + 1) * 48_000])
        decoded, rate_hz = decode(first)
        sound = first
        while len(decoded) <= 3 * rate_hz:
            # What is read at once may be a part of what was sent.
            sound += reply.read1()
            decoded, rate_hz = decode(sound)
    assert rate_hz == 24_000
    assert np.abs(decoded[-24_000:]).mean() > 0.05
    wait_until(lambda: visit.metric("tears_journal_listeners") == 0, describe="the end of the listening")


def test_only_who_has_logged_in_hears_and_sees_anything(visit: LiveVisit) -> None:
    visit.pages.log_in(Role.NOBODY)
    for path in ("/", "/live/events", "/live/nursery/sound.mp3", "/live/attic/sound.mp3"):
        assert visit.pages.get(path).status == 303
    assert visit.metric("tears_journal_listeners") == 0


def test_a_guest_listens_and_asks_for_nothing(visit: LiveVisit) -> None:
    visit.pages.log_in(Role.GUEST)
    page = visit.pages.get("/")
    assert "data-sound=" in page.text
    assert '<form method="post" action="/rooms' not in page.text
    with visit.open("/live/nursery/sound.mp3") as reply:
        assert reply.status == 200
    assert visit.pages.post("/rooms/nursery/hold", form_at="/").status == 403


def test_a_head_request_gets_no_sound_and_holds_no_encoder(visit: LiveVisit) -> None:
    reply = visit.pages.ask("HEAD", "/live/nursery/sound.mp3")
    assert (reply.status, reply.headers["content-type"], reply.body) == (200, "audio/mpeg", b"")
    assert visit.metric("tears_journal_listeners") == 0


def test_one_listener_too_many_is_told_so(visit: LiveVisit) -> None:
    replies = [visit.open("/live/nursery/sound.mp3") for _ in range(MOST_LISTENERS)]
    for one in replies:
        assert one.__enter__().status == 200
    refused = visit.pages.get("/live/nursery/sound.mp3")
    assert refused.status == 503
    assert "try again when one of them has stopped" in refused.text
    for one in replies:
        one.__exit__(None, None, None)
    wait_until(lambda: visit.metric("tears_journal_listeners") == 0, describe="the end of all listening")


@pytest.mark.parametrize("path", ["/live/attic/sound.mp3", "/live/..%2Fetc/sound.mp3", "/live/%00/sound.mp3"])
def test_a_room_that_does_not_exist_has_no_sound(visit: LiveVisit, path: str) -> None:
    assert visit.pages.get(path).status == 404


class AnsweringAlerter:
    """Answers the first command as the alerter would."""

    def __init__(self, client: redis.Redis, outcome: CommandOutcome) -> None:
        self._client = client
        self._outcome = outcome
        self.command: Command | None = None
        self._thread = threading.Thread(target=self._answer)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join()

    def _answer(self) -> None:
        found: Any = wait_until(lambda: self._client.xrange(names.COMMANDS_STREAM), describe="a command")
        ((_, fields),) = found
        self.command = Command.decode(fields[names.BODY])
        answer = msgspec.json.encode(CommandAnswer(self._outcome, "as the alerter says it"))
        self._client.set(names.answer(self.command.command_id), answer)


def test_a_snooze_without_script_reaches_the_alerter_and_the_page_says_so(
    visit: LiveVisit, redis_client: redis.Redis
) -> None:
    with AnsweringAlerter(redis_client, CommandOutcome.OBEYED) as alerter:
        reply = visit.pages.post("/rooms/nursery/snooze", {"minutes": "60"}, form_at="/")
    command = alerter.command
    assert command is not None
    expected = (CommandKind.SNOOZE, "nursery", 3_600.0, "journal")
    assert (command.kind, command.mic, command.snooze_seconds, command.sender) == expected
    assert (reply.status, reply.headers["location"]) == (303, "/?room=nursery&wish=snooze&outcome=obeyed")
    assert "nursery is snoozed." in visit.pages.get(reply.headers["location"]).text


@pytest.mark.parametrize("wish", ["acknowledge", "hold", "resume"])
def test_a_script_gives_the_other_commands_and_gets_words(
    visit: LiveVisit, redis_client: redis.Redis, wish: str
) -> None:
    with AnsweringAlerter(redis_client, CommandOutcome.NEEDLESS) as alerter:
        reply = visit.ask_as_script(wish)
    assert alerter.command is not None
    assert alerter.command.kind is CommandKind[wish.upper()]
    assert (reply.status, reply.json["outcome"], reply.json["is_good"]) == (200, "needless", True)


def test_a_command_that_the_alerter_refuses_says_so(visit: LiveVisit, redis_client: redis.Redis) -> None:
    with AnsweringAlerter(redis_client, CommandOutcome.FAILED):
        reply = visit.ask_as_script("hold")
    assert (reply.json["outcome"], reply.json["is_good"]) == ("failed", False)
    assert "could not do that" in reply.json["words"]


@pytest.mark.parametrize(
    ("path", "minutes", "status"),
    [
        ("/rooms/attic/hold", "10", 404),
        ("/rooms/nursery/explode", "10", 404),
        ("/rooms/nursery/snooze", "9", 400),
        ("/rooms/nursery/snooze", "241", 400),
        ("/rooms/nursery/snooze", "ten", 400),
        ("/rooms/nursery/snooze", "²", 400),
        ("/rooms/nursery/snooze", "9" * 5_000, 400),
        ("/rooms/nursery/snooze", "00030999999", 400),
        ("/rooms/nursery/snooze", "00030" + "9" * 5_000, 400),
    ],
)
def test_what_cannot_be_asked_is_refused_and_no_command_is_given(
    visit: LiveVisit, redis_client: redis.Redis, path: str, minutes: str, status: int
) -> None:
    assert visit.pages.post(path, {"minutes": minutes}, form_at="/").status == status
    assert not redis_client.exists(names.COMMANDS_STREAM)


def test_without_redis_the_page_says_that_nothing_has_changed(visit: LiveVisit, redis_client: redis.Redis) -> None:
    redis_client.set(names.COMMANDS_STREAM, "no stream")
    reply = visit.ask_as_script("hold")
    assert (reply.status, reply.json["outcome"]) == (200, "no_redis")


def test_an_address_that_somebody_made_up_says_nothing(visit: LiveVisit) -> None:
    page = visit.pages.get("/?room=nursery&wish=%3Cscript%3E&outcome=obeyed")
    assert 'class="notice bad" hidden></p>' in page.text
    named = visit.pages.get("/?room=%3Cscript%3E&wish=hold&outcome=obeyed")
    assert "<script>" not in named.text.replace("<script src", "")
