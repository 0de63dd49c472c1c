"""What parents may call a room."""

import pytest

from tears.kit.registry.room_names import LONGEST_GIVEN_NAME, usable_name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("  Anna's room ", "Anna's room"),
        ("Ku\u0308che", "K\u00fcche"),
        ("\u5b50\u4f9b\u90e8\u5c4b \U0001f37c", "\u5b50\u4f9b\u90e8\u5c4b \U0001f37c"),
        ("x" * LONGEST_GIVEN_NAME, "x" * LONGEST_GIVEN_NAME),
        ("x" * (LONGEST_GIVEN_NAME + 1), ""),
        ("two\nlines", ""),
        ("\x1b[31mred", ""),
        ("right to left \u202e", ""),
        ("\u2028", ""),
        (" ", ""),
    ],
)
def test_a_name_is_short_and_all_of_it_can_be_seen(text: str, name: str) -> None:
    assert usable_name(text) == name
