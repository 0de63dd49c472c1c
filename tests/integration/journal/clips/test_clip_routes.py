"""Clips, pictures and recordings over real HTTP."""

import hashlib
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile
from integration.journal.clips.clip_house import ClipHouse
from integration.journal.clips.test_clip_store import record
from support.journal.served_pages import ServedPages
from support.sound.chunks import WALL_SECONDS

from tears.journal.parts import JournalParts
from tears.journal.settings import JournalSettings


@pytest.fixture
def clip(house: ClipHouse) -> Path:
    house.hear(0, 100)
    house.cut(house.cries("one", 30, 20))
    path = house.store.path("one")
    assert path is not None
    return path


@pytest.fixture
def pages(house: ClipHouse) -> Iterator[ServedPages]:
    settings = JournalSettings(port=0)
    parts = JournalParts(settings=settings, clock=house.clock, history=house.history, clips=house.store)
    with ServedPages(parts) as served:
        yield served


@pytest.mark.parametrize("prefix", ["", "/api/v1"])
def test_a_clip_is_sent_whole_and_in_pieces(clip: Path, pages: ServedPages, prefix: str) -> None:
    content = clip.read_bytes()
    whole = pages.get(f"{prefix}/clips/one.flac")
    assert (whole.status, whole.body, whole.headers["content-type"]) == (200, content, "audio/flac")
    assert whole.headers["cache-control"].startswith("private")
    piece = pages.get(f"{prefix}/clips/one.flac", {"Range": "bytes=1000-1999"})
    assert (piece.status, piece.body) == (206, content[1_000:2_000])
    assert piece.headers["content-range"] == f"bytes 1000-1999/{len(content)}"
    # How Safari finds out whether it can play a file.
    assert pages.get(f"{prefix}/clips/one.flac", {"Range": "bytes=0-1"}).body == content[:2]
    assert pages.get(f"{prefix}/clips/one.flac", {"Range": f"bytes={len(content)}-"}).status == 416


def test_pieces_of_an_mp3_make_up_the_whole(clip: Path, pages: ServedPages) -> None:
    assert clip.exists()
    whole = pages.get("/clips/one.mp3")
    assert whole.headers["content-type"] == "audio/mpeg"
    half = len(whole.body) // 2
    pieces = [pages.get("/clips/one.mp3", {"Range": wanted}) for wanted in (f"bytes=0-{half - 1}", f"bytes={half}-")]
    assert [one.status for one in pieces] == [206, 206]
    assert hashlib.sha256(pieces[0].body + pieces[1].body).digest() == hashlib.sha256(whole.body).digest()


def test_a_picture_is_small_enough_for_a_page(clip: Path, pages: ServedPages) -> None:
    assert clip.exists()
    reply = pages.get("/clips/one.png")
    assert reply.headers["content-type"] == "image/png"
    assert len(reply.body) < 100_000


def test_a_download_has_a_name(clip: Path, pages: ServedPages) -> None:
    assert clip.exists()
    assert "content-disposition" not in pages.get("/clips/one.flac").headers
    assert pages.get("/clips/one.flac?download").headers["content-disposition"] == 'attachment; filename="one.flac"'


@pytest.mark.parametrize(
    "path",
    [
        "/clips/two.flac",
        "/clips/one.wav",
        "/clips/..%2fone.flac",
        "/clips/%2e%2e/history.sqlite3",
        "/clips/one%00.flac",
        "/recordings/..%2f..%2fone.flac",
        "/api/v1/clips/two.mp3",
    ],
)
def test_what_is_not_there_is_not_found(clip: Path, pages: ServedPages, path: str) -> None:
    assert clip.exists()
    assert pages.get(path).status == 404


def test_a_clip_that_was_deleted_from_the_disk_is_not_found(clip: Path, pages: ServedPages) -> None:
    clip.unlink()
    reply = pages.get("/clips/one.flac")
    assert reply.status == 404
    assert "not kept any more" in reply.text


def test_a_recording_is_sent_in_pieces_too(house: ClipHouse, pages: ServedPages) -> None:
    record(house, 0, 30)
    (path,) = (house.data / "recordings").glob("*/*/*.flac")
    reply = pages.get(f"/recordings/{path.name}", {"Range": "bytes=100-199"})
    assert (reply.status, reply.body) == (206, path.read_bytes()[100:200])


def test_recordings_of_a_time_are_listed(house: ClipHouse, pages: ServedPages) -> None:
    record(house, 0, 30)
    record(house, 30, 60)
    reply = pages.get(f"/api/v1/recordings?from_at={WALL_SECONDS + 40}&to_at={WALL_SECONDS + 50}")
    assert reply.json == [
        {
            "name": "nursery-20231114T221350Z-s1-000000240000-000000480000",
            "mic": "nursery",
            "from_at": WALL_SECONDS + 30,
            "seconds": 30.0,
        }
    ]
    assert pages.get(f"/recordings/{reply.json[0]['name']}.flac").status == 200
    assert pages.get(f"/api/v1/recordings?mic=kitchen&from_at=0&to_at={WALL_SECONDS + 50}").json == []


def test_a_stretch_can_be_heard_before_it_is_marked(house: ClipHouse, pages: ServedPages) -> None:
    record(house, 0, 30)
    house.hear(20, 60)
    path = f"/recordings/nursery.mp3?from_at={WALL_SECONDS + 10}&to_at={WALL_SECONDS + 50}"
    whole = pages.get(path)
    assert whole.headers["content-type"] == "audio/mpeg"
    sound, rate_hz = soundfile.read(io.BytesIO(whole.body))
    assert abs(len(sound) / rate_hz - 40) < 0.1
    assert pages.get(path, {"Range": "bytes=100-199"}).body == whole.body[100:200]
    assert len(house.folder) == 0


def test_only_a_few_stretches_are_kept_to_listen_to(house: ClipHouse, pages: ServedPages) -> None:
    record(house, 0, 30)
    for second in range(7):
        pages.get(f"/recordings/nursery.mp3?from_at={WALL_SECONDS + second}&to_at={WALL_SECONDS + 20}")
    kept = list((house.data / "clips" / ".listened").iterdir())
    assert len(kept) == 4
    assert {one.suffix for one in kept} == {".mp3"}
    assert {one.stat().st_mode & 0o777 for one in kept} == {0o600}
    house.begin_again()
    assert not (house.data / "clips" / ".listened").exists()


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("from_at=1700000010&to_at=1700000050", 404),
        ("from_at=1700000010&to_at=1700000010", 400),
        ("from_at=1700000010&to_at=1700000311", 400),
        ("from_at=1700000010", 400),
        ("from_at=nan&to_at=inf", 400),
        ("from_at=1e300&to_at=1e301", 400),
        ("from_at=-5&to_at=5", 400),
    ],
)
def test_a_stretch_without_sound_or_sense_is_refused_in_words(pages: ServedPages, query: str, status: int) -> None:
    reply = pages.get(f"/api/v1/recordings/nursery.mp3?{query}")
    assert reply.status == status
    assert reply.json["error"].endswith(".")
