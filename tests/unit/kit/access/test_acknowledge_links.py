"""The links by which a parent acknowledges an alert."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tears.kit.access.acknowledge_links import AcknowledgeLink, acknowledge_token, read_acknowledge_token
from tears.kit.errors import LinkError

KEY = b"k" * 32
NOW = 1_800_000_000.0
LINK = AcknowledgeLink(mic="K_x00FC_che", episode_id="246ac42d-d918-5b08-ae33-09261fa5deed", expires_at_seconds=NOW)


def test_a_link_says_what_it_acknowledges_until_it_expires() -> None:
    token = acknowledge_token(KEY, LINK)
    assert read_acknowledge_token(KEY, token, NOW - 1.0) == LINK
    with pytest.raises(LinkError, match="too old"):
        read_acknowledge_token(KEY, token, NOW)


def test_a_link_fits_into_a_url_as_it_is() -> None:
    token = acknowledge_token(KEY, LINK)
    assert set(token) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")
    assert len(token) < 150


def test_a_link_of_another_key_or_of_none_is_refused() -> None:
    for key, made_with in ((KEY, b"o" * 32), (b"", b"")):
        with pytest.raises(LinkError, match="not valid"):
            read_acknowledge_token(key, acknowledge_token(made_with, LINK), 0.0)


@given(st.integers(0, 119), st.sampled_from("AZaz09-_.="))
def test_a_link_that_was_changed_is_refused(place: int, character: str) -> None:
    token = acknowledge_token(KEY, LINK)
    place %= len(token)
    changed = token[:place] + character + token[place + 1 :]
    if changed != token:
        try:
            # The last letter of a part holds bits that stand for nothing.
            assert read_acknowledge_token(KEY, changed, 0.0) == LINK
        except LinkError:
            pass
        else:
            assert place in {token.index(".") - 1, len(token) - 1}


@given(st.text(max_size=2_000))
def test_what_is_no_link_is_refused(token: str) -> None:
    with pytest.raises(LinkError):
        read_acknowledge_token(KEY, token, 0.0)
