"""The link that acknowledges an alert, over real HTTP, with a real Redis and a real alerter."""

import pytest
from support.journal.served_pages import ServedPages
from support.journal.set_up_house import SetUpHouse

from tears.journal.access.role import Role
from tears.kit.access.acknowledge_links import AcknowledgeLink, acknowledge_token
from tears.kit.access.link_key import LinkKey, read_link_key
from tears.kit.streams import names


def link(house: SetUpHouse, expires_in_seconds: float = 60.0, key: bytes = b"") -> str:
    ends_at = house.parts.clock.wall_seconds() + expires_in_seconds
    return (
        f"/acknowledge/{acknowledge_token(key or read_link_key(house.client), AcknowledgeLink('nursery', ''), ends_at)}"
    )


@pytest.mark.usefixtures("alerter")
def test_a_link_acknowledges_without_a_login_and_only_when_it_is_sent(pages: ServedPages, house: SetUpHouse) -> None:
    LinkKey().keep(house.client)
    pages.log_in(Role.NOBODY)
    path = link(house)
    page = pages.get(path)
    assert (page.status, "I am on the way" in page.text) == (200, True)
    assert not house.client.exists(names.COMMANDS_STREAM)
    page = pages.ask("POST", path)
    assert page.status == 200
    assert "there is nothing to acknowledge" in page.text
    assert house.client.xlen(names.COMMANDS_STREAM) == 1


def test_a_link_that_is_forged_old_or_cut_off_acknowledges_nothing(pages: ServedPages, house: SetUpHouse) -> None:
    LinkKey().keep(house.client)
    pages.log_in(Role.NOBODY)
    for path in (link(house, key=b"x" * 32), link(house, -1.0), link(house)[:-3], "/acknowledge/x"):
        for method in ("GET", "POST"):
            page = pages.ask(method, path)
            assert page.status == 403
            assert "Open the journal to acknowledge the alert." in page.text
    house.client.delete(names.LINK_KEY)
    assert pages.ask("POST", link(house, key=b"x" * 32)).status == 403
    assert not house.client.exists(names.COMMANDS_STREAM)
