import pytest

from tears.journal.live.room_now import RoomCondition, RoomNow
from tears.journal.web.house_dot import HouseDot, house_dot
from tears.journal.web.words.page_words import PageWords

ENGLISH = PageWords("en")


def rooms(**conditions: RoomCondition) -> list[RoomNow]:
    return [RoomNow(mic=name, room_name=name, condition=condition) for name, condition in conditions.items()]


@pytest.mark.parametrize(
    ("found", "dot"),
    [
        (rooms(attic=RoomCondition.QUIET), HouseDot("good", "Listening")),
        (rooms(attic=RoomCondition.QUIET, den=RoomCondition.CRYING), HouseDot("cry", "Crying: den")),
        (rooms(attic=RoomCondition.NOT_LISTENING, den=RoomCondition.CRYING), HouseDot("warn", "Not listening: attic")),
        (rooms(attic=RoomCondition.CRYING, den=RoomCondition.CRYING), HouseDot("cry", "Crying: attic, den")),
        (rooms(attic=RoomCondition.STARTING, den=RoomCondition.QUIET), HouseDot("", "Starting")),
        (rooms(attic=RoomCondition.OFF, den=RoomCondition.QUIET), HouseDot("good", "Listening")),
        (rooms(attic=RoomCondition.OFF), None),
        ([], None),
    ],
)
def test_the_most_urgent_of_all_rooms_is_shown(found: list[RoomNow], dot: HouseDot | None) -> None:
    assert house_dot(found, ENGLISH) == dot
