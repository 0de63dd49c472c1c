"""The picture of a night shows crying, sounds like crying, loudness and holes where they were."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from support.alerter.nights import at, cry, hear

from tears.alerter.nights.night_file import written_night_file
from tears.alerter.nights.notes import NightNotes
from tears.alerter.nights.pictures.night_drawing import draw_night
from tears.alerter.nights.pictures.picture_words import PICTURE_WORDS, length_of
from tears.alerter.nights.reading import NightRecord, read_night
from tears.kit.calendar.nights import Night

NIGHT = Night.parse("2026-11-29")
CRY, LIKE, LOUD, HOLE = (201, 40, 62), (232, 138, 151), (143, 177, 204), (236, 239, 241)


@pytest.fixture
def record(tmp_path: Path) -> Iterator[NightRecord]:
    notes = NightNotes()
    hear(notes, at("2026-11-29 20:00"), at("2026-11-30 08:00"))
    cry(notes, at("2026-11-29 22:00"), 1_800.0)
    with written_night_file(tmp_path / "n.sqlite") as file:
        file.write(notes.take())
        yield read_night(file, NIGHT, at("2026-11-30 08:00"), with_minutes=True)


def colours_at(picture: Image.Image, hour: float) -> set[tuple[int, ...]]:
    """Return the colours in the plot of the only room, a quarter after an hour since the start of the night."""
    column, bottom = 60 + round(hour * 60) + 15, picture.height - 224
    strip = picture.convert("RGB").crop((column, bottom - 306, column + 1, bottom))
    return {colour for _, colour in strip.getcolors() or [] if isinstance(colour, tuple)}


def near(colour: tuple[int, int, int], colours: set[tuple[int, ...]]) -> bool:
    return any(max(abs(a - b) for a, b in zip(colour, one, strict=True)) <= 6 for one in colours)


def test_each_part_is_drawn_at_its_hour(record: NightRecord) -> None:
    picture = Image.open(io.BytesIO(draw_night(record)))
    assert picture.width == 1080
    crying, quiet, hole = (colours_at(picture, hour) for hour in (4.0, 8.0, 1.0))
    assert near(CRY, crying)
    assert near(LIKE, crying)
    assert near(LOUD, quiet)
    assert not near(CRY, quiet)
    assert near(HOLE, hole)
    assert not near(LOUD, hole)


def test_the_picture_is_small_enough_for_any_receiver(record: NightRecord) -> None:
    assert len(draw_night(record)) < 100_000


@pytest.mark.parametrize("language", sorted(PICTURE_WORDS))
def test_every_language_has_every_word(record: NightRecord, language: str) -> None:
    words = PICTURE_WORDS[language]
    assert (len(words.months), len(words.weekdays)) == (12, 7)
    assert draw_night(record, language)


def test_a_night_without_anything_and_a_name_in_another_script_are_drawn(tmp_path: Path) -> None:
    notes = NightNotes()
    with written_night_file(tmp_path / "n.sqlite") as file:
        assert draw_night(read_night(file, NIGHT, NIGHT.ends_seconds, with_minutes=True))
        hear(notes, NIGHT.starts_seconds, NIGHT.starts_seconds + 60, mic="_x5B50__x4F9B_")
        file.write(notes.take())
        assert draw_night(read_night(file, NIGHT, NIGHT.ends_seconds, with_minutes=True))


def test_a_night_in_which_the_clocks_change_is_drawn(tmp_path: Path) -> None:
    night = Night.parse("2026-10-24")
    notes = NightNotes()
    hear(notes, night.starts_seconds, night.ends_seconds)
    with written_night_file(tmp_path / "n.sqlite") as file:
        file.write(notes.take())
        assert draw_night(read_night(file, night, night.ends_seconds, with_minutes=True))


@pytest.mark.parametrize(("seconds", "shown"), [(0, "0 min"), (5, "1 min"), (3_540, "59 min"), (3_900, "1 h 05")])
def test_lengths_are_to_the_minute(seconds: float, shown: str) -> None:
    assert length_of(PICTURE_WORDS["en"], seconds) == shown
