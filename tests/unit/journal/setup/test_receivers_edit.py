"""Changes of `alerts.toml`: they do what was asked, and leave everything else as a person wrote it."""

import tomllib

import pytest

from tears.journal.errors import ReceiversError
from tears.journal.setup.receiver_list import service_name, shown_receivers
from tears.journal.setup.receivers_edit import (
    ReceiverChange,
    with_changed_receiver,
    with_receiver,
    without_receiver,
)

FILE = """# Ours. Do not lose this.
quiet_hours = "22:00-07:00"  # the neighbours

[[receivers]]
name = "mum"
urls = ["ntfys://ntfy.sh/s3cret"]  # her old phone
kinds = ["crying", "not_listening"]
repeat_seconds = 60
repeat_most = 5
escalate_to = "dad"
escalate_after_seconds = 180

[[receivers]]
name = "dad"
urls = "mailto://dad:s3cret@example.org"
"""
GRANDMA = ReceiverChange(
    name="grandma", url='json://h/"quoted"', hours=("12:00-15:00", "19:00-23:00"), repeat_seconds=60
)


def test_the_first_receiver_makes_a_file() -> None:
    text = with_receiver("", GRANDMA)
    assert tomllib.loads(text) == {
        "receivers": [
            {
                "name": "grandma",
                "urls": 'json://h/"quoted"',
                "hours": ["12:00-15:00", "19:00-23:00"],
                "repeat_seconds": 60,
            }
        ]
    }
    assert text.startswith("# Who gets the alerts.")


def test_one_more_receiver_changes_no_line_that_was_there() -> None:
    text = with_receiver(FILE, GRANDMA)
    assert text.startswith(FILE)
    assert [one["name"] for one in tomllib.loads(text)["receivers"]] == ["mum", "dad", "grandma"]


def test_a_change_keeps_comments_and_what_the_form_does_not_have() -> None:
    text = with_changed_receiver(FILE, "mum", ReceiverChange(name="mum", hours=("20:00-08:00",), repeat_seconds=120))
    assert "# her old phone" in text
    mum, dad = tomllib.loads(text)["receivers"]
    assert mum == {
        "name": "mum",
        "urls": ["ntfys://ntfy.sh/s3cret"],
        "kinds": ["crying", "not_listening"],
        "hours": ["20:00-08:00"],
        "repeat_seconds": 120,
        "repeat_most": 5,
        "escalate_to": "dad",
        "escalate_after_seconds": 180,
    }
    assert dad["urls"] == "mailto://dad:s3cret@example.org"


def test_repeats_that_end_take_their_number_along() -> None:
    mum = tomllib.loads(with_changed_receiver(FILE, "mum", ReceiverChange(name="mum", url="json://h/new")))[
        "receivers"
    ][0]
    assert mum["urls"] == "json://h/new"
    assert not {"repeat_seconds", "repeat_most", "hours"} & mum.keys()


def test_who_is_renamed_is_still_told_if_nobody_reacts() -> None:
    mum, dad = tomllib.loads(with_changed_receiver(FILE, "dad", ReceiverChange(name="papa")))["receivers"]
    assert (mum["escalate_to"], dad["name"]) == ("papa", "papa")


def test_who_is_removed_is_not_told_if_nobody_reacts() -> None:
    (mum,) = tomllib.loads(without_receiver(FILE, "dad"))["receivers"]
    assert not {"escalate_to", "escalate_after_seconds"} & mum.keys()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda: with_receiver(FILE, ReceiverChange(name="mum", url="json://h")), "a receiver mum already"),
        (lambda: with_receiver(FILE, ReceiverChange(name="bob")), "Say where the alerts go"),
        (lambda: with_changed_receiver(FILE, "bob", GRANDMA), "no receiver bob any more"),
        (lambda: with_changed_receiver(FILE, "dad", ReceiverChange(name="mum")), "a receiver mum already"),
        (lambda: without_receiver(FILE, "bob"), "no receiver bob any more"),
        (lambda: without_receiver(without_receiver(FILE, "dad"), "mum"), "the only receiver"),
        (lambda: with_receiver("receivers = [", GRANDMA), "is not TOML"),
        (lambda: with_receiver("[receivers]\nname = 1", GRANDMA), "cannot change"),
        (lambda: shown_receivers("receivers = 3"), "no list of receivers"),
        (lambda: shown_receivers("receivers = ["), "is not TOML"),
    ],
)
def test_what_cannot_be_changed_is_refused_in_words(change: object, words: str) -> None:
    assert callable(change)
    with pytest.raises(ReceiversError, match=words) as error:
        change()
    assert "s3cret" not in str(error.value)


def test_the_page_shows_what_each_receiver_gets_and_no_url() -> None:
    mum, dad = shown_receivers(FILE)
    assert (mum.name, mum.services, mum.kinds, mum.repeat_seconds, mum.escalates_to) == (
        "mum",
        ("ntfy",),
        ("crying", "not_listening"),
        60.0,
        "dad",
    )
    assert (dad.name, dad.services, dad.hours) == ("dad", ("e-mail",), ())
    assert "s3cret" not in repr((mum, dad))
    assert service_name("strange://s3cret") == "strange"
