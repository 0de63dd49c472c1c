from string import ascii_letters

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tears.kit.network.signed_link import LINK_KEY_BYTES, LinkError, read_link, sign_link

KEY = bytes(range(LINK_KEY_BYTES))
OTHER_KEY = bytes(LINK_KEY_BYTES)


@given(subject=st.text(max_size=100))
def test_a_token_holds_its_subject_until_its_end(subject: str) -> None:
    token = sign_link(KEY, "share", subject, ends_at=100.0)
    assert read_link(KEY, "share", token, now=99.9) == subject


def test_a_token_ends() -> None:
    token = sign_link(KEY, "share", "episode", ends_at=100.0)
    with pytest.raises(LinkError, match="has expired"):
        read_link(KEY, "share", token, now=100.0)


def test_a_token_is_good_for_its_purpose_alone() -> None:
    token = sign_link(KEY, "share", "episode", ends_at=100.0)
    with pytest.raises(LinkError, match="not valid"):
        read_link(KEY, "acknowledge", token, now=0.0)


def test_a_token_of_another_key_is_refused() -> None:
    token = sign_link(OTHER_KEY, "share", "episode", ends_at=100.0)
    with pytest.raises(LinkError, match="not valid"):
        read_link(KEY, "share", token, now=0.0)


def test_the_same_bytes_in_another_spelling_make_a_token_invalid() -> None:
    # The last character of 32 bytes has two bits that stand for nothing.
    token = sign_link(KEY, "share", "episode", ends_at=100.0)
    for other in set(ascii_letters) - {token[-1]}:
        with pytest.raises(LinkError, match="not valid"):
            read_link(KEY, "share", token[:-1] + other, now=0.0)


def test_each_changed_character_makes_a_token_invalid() -> None:
    token = sign_link(KEY, "share", "episode", ends_at=100.0)
    for place, character in enumerate(token):
        for other in "A_.é=":
            if other == character:
                continue
            with pytest.raises(LinkError, match="not valid"):
                read_link(KEY, "share", token[:place] + other + token[place + 1 :], now=0.0)


@given(token=st.text(max_size=200))
def test_no_text_is_a_token_by_chance(token: str) -> None:
    with pytest.raises(LinkError, match="not valid"):
        read_link(KEY, "share", token, now=0.0)


def test_a_token_is_safe_in_a_path() -> None:
    token = sign_link(KEY, "share", "/../?&#" * 10, ends_at=100.0)
    assert set(token) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")
