"""The links by which a parent acknowledges an alert."""

import pytest

from tears.kit.access.acknowledge_links import AcknowledgeLink, acknowledge_token, read_acknowledge_token
from tears.kit.network.signed_link import LinkError, sign_link

KEY = b"k" * 32
NOW = 1_800_000_000.0
LINK = AcknowledgeLink("K_x00FC_che", "246ac42d-d918-5b08-ae33-09261fa5deed")


@pytest.mark.parametrize("link", [LINK, AcknowledgeLink("nursery", "")])
def test_a_link_says_what_it_acknowledges_until_it_expires(link: AcknowledgeLink) -> None:
    token = acknowledge_token(KEY, link, NOW)
    assert read_acknowledge_token(KEY, token, NOW - 1.0) == link
    with pytest.raises(LinkError):
        read_acknowledge_token(KEY, token, NOW)


def test_a_link_of_another_key_of_none_or_for_something_else_is_refused() -> None:
    for key, token in (
        (KEY, acknowledge_token(b"o" * 32, LINK, NOW)),
        (b"", acknowledge_token(b"", LINK, NOW)),
        (KEY, sign_link(KEY, "share", "nursery/e1", NOW)),
    ):
        with pytest.raises(LinkError):
            read_acknowledge_token(key, token, 0.0)
