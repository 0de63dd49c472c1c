import pytest

from tears.journal.web.setup.receiver_form import change_of, read_form


@pytest.mark.parametrize(
    ("fields", "address"),
    [
        ({"way": "ntfy", "topic": "tears-abc", "url": ""}, "ntfys://ntfy.sh/tears-abc"),
        ({"way": "url", "topic": "tears-abc", "url": "json://pi:1"}, "json://pi:1"),
        # Without scripts, the other choice stays marked beside a URL that was typed.
        ({"way": "ntfy", "topic": "tears-abc", "url": " json://pi:1 "}, "json://pi:1"),
    ],
)
def test_a_url_that_was_typed_gets_the_alerts_whatever_is_marked(fields: dict[str, str], address: str) -> None:
    form = read_form({"name": "Mum", **fields})
    assert change_of(form, fields["url"]).url == address
