"""Rooms have names for people; keys, folders and metrics have plain ones."""

import re

import pytest

from tears.kit.registry.mic_names import ROOM_NAME_PATTERN, is_folder_name, mic_of_room, room_of_mic


@pytest.mark.parametrize(
    ("room", "mic"),
    [
        ("nursery", "nursery"),
        ("a_b.c-2", "a_b.c-2"),
        ("Küche oben", "K_x00FC_che_x0020_oben"),
        ("Ku\u0308che oben", "K_x00FC_che_x0020_oben"),
        (" room 2 ", "room_x0020_2"),
        ("子供/部屋", "_x5B50__x4F9B__x002F__x90E8__x5C4B_"),
        ("\U0001f476", "_x1F476_"),
    ],
)
def test_a_name_becomes_a_key_and_a_folder_and_comes_back(room: str, mic: str) -> None:
    assert mic_of_room(room) == mic
    assert mic_of_room(mic) == mic
    assert mic_of_room(room_of_mic(mic)) == mic
    assert is_folder_name(mic)


@pytest.mark.parametrize("mic", ["_x000A_", "_x0007_", "_xD800_", "_x110000_", "_x00fc_", "room_x", "_x2028_"])
def test_what_would_break_a_line_or_is_no_character_stays_as_it_is(mic: str) -> None:
    assert room_of_mic(mic) == mic


@pytest.mark.parametrize("name", ["a\nb", "a\x1b[31m", "a\u2028b", "", "\x7f"])
def test_a_name_has_one_line(name: str) -> None:
    assert not re.match(ROOM_NAME_PATTERN, name)
