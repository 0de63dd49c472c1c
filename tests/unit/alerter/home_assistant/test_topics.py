import re

from hypothesis import given
from hypothesis import strategies as st

from tears.alerter.home_assistant.messages.topics import Topics, topic_name

TOPICS = Topics("tears", "homeassistant")


@given(st.text(min_size=1, max_size=40))
def test_any_room_has_a_name_that_fits_into_a_topic_and_an_id(mic: str) -> None:
    assert re.fullmatch("[A-Za-z0-9_-]+", topic_name(mic))
    assert TOPICS.name_in(TOPICS.state(topic_name(mic))) == topic_name(mic)


def test_ordinary_names_stay_as_they_are() -> None:
    assert topic_name("nursery-2_a") == "nursery-2_a"
    assert topic_name("a.b/#+") == "a_x002E_b_x002F__x0023__x002B_"


def test_topics_of_the_house_and_of_others_name_no_room() -> None:
    for topic in (TOPICS.status, TOPICS.house_state, TOPICS.birth, "other/nursery/state", "tears"):
        assert TOPICS.name_in(topic) == ""


def test_no_two_houses_share_the_id_of_a_device() -> None:
    other = Topics("tears-nursery", "homeassistant")
    assert len({TOPICS.house_id, TOPICS.room_id("nursery"), other.house_id, other.room_id("x")}) == 4
