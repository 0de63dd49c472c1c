"""A parent names a room, on the pages and over the API; the name reaches Redis, and the microphone keeps its own."""

import dataclasses
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import redis
from support.journal.kept_history import MORNING, crying, keep
from support.journal.served_pages import ServedPages
from support.journal.set_up_house import SetUpHouse, value_of

from tears.journal.access.role import Role
from tears.journal.errors import HistoryFileError, RoomNameError
from tears.journal.history.history_file import HISTORY_FILE_NAME, HistoryFile
from tears.journal.live.house_view import RoomsNow
from tears.journal.setup.room_naming import LOOK_AGAIN_SECONDS, RoomNaming
from tears.kit.clock import ManualClock
from tears.kit.registry.given_names import read_given_names
from tears.kit.streams.names import ROOM_NAMES_HASH

MICS = ("nursery", "attic")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(MORNING)


@pytest.fixture
def history(tmp_path: Path, clock: ManualClock) -> Iterator[HistoryFile]:
    with closing(HistoryFile(tmp_path / HISTORY_FILE_NAME, clock)) as history:
        yield history


@pytest.fixture
def naming(history: HistoryFile, redis_client: redis.Redis, clock: ManualClock) -> RoomNaming:
    return RoomNaming(history, redis_client, clock)


@pytest.fixture
def named_pages(
    redis_client: redis.Redis, tmp_path: Path, history: HistoryFile, naming: RoomNaming
) -> Iterator[ServedPages]:
    house = SetUpHouse(redis_client, tmp_path)
    house.rooms = RoomsNow(ManualClock(), naming.name_of)
    live = dataclasses.replace(house.parts.live, rooms=house.rooms)
    house.hear()
    with ServedPages(dataclasses.replace(house.parts, live=live, history=history, naming=naming)) as pages:
        yield pages


def test_a_name_outlives_a_restart_of_the_journal_and_of_redis(
    naming: RoomNaming, history: HistoryFile, redis_client: redis.Redis, clock: ManualClock
) -> None:
    assert naming.name_of("K_x00FC_che") == "Küche"
    assert naming.name_room("nursery", " Anna's room ", MICS) == "Anna's room"
    assert read_given_names(redis_client) == {"nursery": "Anna's room"}
    redis_client.flushall()
    again = RoomNaming(history, redis_client, clock)
    assert again.name_of("nursery") == "Anna's room"
    again.registered({}, {})
    assert read_given_names(redis_client) == {"nursery": "Anna's room"}
    redis_client.flushall()
    again.registered({}, {})
    assert not read_given_names(redis_client)
    clock.advance(LOOK_AGAIN_SECONDS)
    again.registered({}, {})
    assert read_given_names(redis_client) == {"nursery": "Anna's room"}


def test_an_empty_name_gives_the_microphones_own_back(naming: RoomNaming, redis_client: redis.Redis) -> None:
    naming.name_room("nursery", "Anna's room", MICS)
    assert naming.name_room("nursery", "  ", MICS) == "nursery"
    assert not redis_client.exists(ROOM_NAMES_HASH)


def test_a_name_that_was_taken_away_while_redis_was_away_does_not_come_back(
    naming: RoomNaming, history: HistoryFile, redis_client: redis.Redis, clock: ManualClock
) -> None:
    naming.name_room("nursery", "Anna's room", MICS)
    away = redis.Redis(port=1, socket_connect_timeout=0.2)
    assert RoomNaming(history, away, clock).name_room("nursery", "", MICS) == "nursery"
    again = RoomNaming(history, redis_client, clock)
    again.registered({}, {})
    assert again.name_of("nursery") == "nursery"
    assert not redis_client.exists(ROOM_NAMES_HASH)


def test_a_history_that_begins_anew_takes_the_names_that_redis_has(
    naming: RoomNaming, redis_client: redis.Redis, tmp_path: Path, clock: ManualClock
) -> None:
    naming.name_room("nursery", "Anna's room", MICS)
    naming.name_room("attic", "Ben's room", MICS)
    with closing(HistoryFile(tmp_path / "anew" / HISTORY_FILE_NAME, clock)) as anew:
        again = RoomNaming(anew, redis_client, clock)
        # A parent may be faster.
        again.name_room("attic", "Play room", MICS)
        again.registered({}, {})
        wanted = {"nursery": "Anna's room", "attic": "Play room"}
        assert read_given_names(redis_client) == wanted
        assert anew.given_names() == wanted
        assert again.name_of("nursery") == "Anna's room"


def test_a_history_that_is_replaced_while_the_journal_runs_gets_the_names_again(
    naming: RoomNaming, history: HistoryFile, tmp_path: Path, clock: ManualClock
) -> None:
    naming.registered({}, {})
    naming.name_room("nursery", "Anna's room", MICS)
    for path in tmp_path.glob(f"{HISTORY_FILE_NAME}*"):
        path.unlink()
    assert history.given_names() == {}
    clock.advance(LOOK_AGAIN_SECONDS)
    naming.registered({}, {})
    assert history.given_names() == {"nursery": "Anna's room"}


@pytest.mark.parametrize("text", ["ATTIC", "Anna's ROOM", "a\tb", "x" * 61])
def test_a_name_that_another_room_has_or_that_cannot_be_shown_is_refused(naming: RoomNaming, text: str) -> None:
    naming.name_room("cellar", "Anna's room", MICS)
    with pytest.raises(RoomNameError):
        naming.name_room("nursery", text, MICS)
    assert naming.name_of("nursery") == "nursery"


def test_a_room_cannot_take_its_own_name_back_once_another_room_has_it(naming: RoomNaming) -> None:
    naming.name_room("nursery", "Anna's room", MICS)
    naming.name_room("attic", "nursery", MICS)
    with pytest.raises(RoomNameError, match="Another room is called nursery already"):
        naming.name_room("nursery", "", MICS)


def test_a_redis_that_refuses_costs_nothing_but_the_words_of_alerts(
    naming: RoomNaming, redis_client: redis.Redis
) -> None:
    redis_client.set(ROOM_NAMES_HASH, "no hash")
    assert naming.name_room("nursery", "Anna's room", MICS) == "Anna's room"
    redis_client.delete(ROOM_NAMES_HASH)
    naming.registered({}, {})
    assert read_given_names(redis_client) == {"nursery": "Anna's room"}


def test_a_history_that_cannot_be_read_deletes_no_name_in_redis(
    redis_client: redis.Redis, tmp_path: Path, clock: ManualClock
) -> None:
    redis_client.hset(ROOM_NAMES_HASH, "nursery", "Anna's room")
    (tmp_path / "no_folder").write_text("a file in its place")
    with closing(HistoryFile(tmp_path / "no_folder" / HISTORY_FILE_NAME, clock)) as history:
        RoomNaming(history, redis_client, clock).registered({}, {})
    assert read_given_names(redis_client) == {"nursery": "Anna's room"}


def test_a_history_that_can_be_read_again_has_forgotten_no_name(
    naming: RoomNaming,
    history: HistoryFile,
    redis_client: redis.Redis,
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    naming.name_room("nursery", "Anna's room", MICS)
    with monkeypatch.context() as unreadable:
        unreadable.setattr(history, "given_names", lambda: None)
        after = RoomNaming(history, redis_client, clock)
        with pytest.raises(HistoryFileError, match="Rooms cannot be named"):
            after.name_room("attic", "Ben's room", MICS)
    after.name_room("attic", "Ben's room", MICS)
    assert read_given_names(redis_client) == {"nursery": "Anna's room", "attic": "Ben's room"}


def test_the_first_run_names_a_room(named_pages: ServedPages) -> None:
    at = "/welcome/microphone"
    assert value_of(named_pages.get(at).text, "mic") == "nursery"
    refused = named_pages.post(at, {"mic": "nursery", "name": "x" * 61})
    assert (refused.status, "A name has up to 60 letters" in refused.text, "x" * 61 in refused.text) == (
        400,
        True,
        True,
    )
    reply = named_pages.post(at, {"mic": "nursery", "name": "Anna's room"})
    assert (reply.status, reply.headers["location"]) == (303, f"{at}?mic=nursery&done=named")
    assert "The room is called Anna&#39;s room now." in named_pages.get(reply.headers["location"]).text
    assert named_pages.post(at, {"mic": "cellar", "name": "Cellar"}).status == 404


def test_a_name_is_on_every_page_and_the_microphone_stays_in_addresses(
    named_pages: ServedPages, history: HistoryFile
) -> None:
    keep(history, crying("e1", MORNING - 3_600))
    at = "/setup/microphones/nursery"
    reply = named_pages.post(f"{at}/name", {"name": "Anna's room"}, form_at=at)
    assert (reply.status, reply.headers["location"]) == (303, f"{at}?done=named")
    for path in ("/setup", at, "/missed", "/episodes/e1"):
        page = named_pages.get(path)
        assert (page.status, "Anna&#39;s room" in page.text) == (200, True), path
    episode = named_pages.get("/api/v1/episodes/e1").json
    assert (episode["mic"], episode["room_name"]) == ("nursery", "Anna's room")


def test_a_program_names_a_room_and_a_guest_cannot(named_pages: ServedPages) -> None:
    secret, _ = named_pages.access.make_token("a program", Role.PARENT)
    json_type = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
    reply = named_pages.ask("PUT", "/api/v1/rooms/nursery/name", b'{"name": "Anna\'s room"}', json_type)
    assert (reply.status, reply.json["name"], reply.json["mic"]) == (200, "Anna's room", "nursery")
    assert named_pages.ask("PUT", "/api/v1/rooms/nursery/name", b'{"name": "a\\nb"}', json_type).status == 400
    named_pages.log_in(Role.GUEST)
    assert named_pages.post("/setup/microphones/nursery/name", {"name": "x"}, form_at="/setup").status == 403
    assert "Its name" not in named_pages.get("/setup/microphones/nursery").text
