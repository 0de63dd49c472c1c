"""The form of a receiver: what a parent types, and what that means. No I/O."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from tears.journal.errors import ReceiversError
from tears.journal.setup.receivers_edit import ReceiverChange

NTFY_SERVER: Final = "ntfy.sh"
# What is pressed on the page; other repeats are for the file.
USUAL_REPEAT_SECONDS: Final = 60
_MOST_NAME: Final = 80
_MOST_URL: Final = 2_000
_TYPED_HOURS: Final = re.compile(r"\d{1,2}:\d\d\s*-\s*\d{1,2}:\d\d")
_TOPIC: Final = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
# Without letters and digits that look alike, for whoever types it.
_TOPIC_LETTERS: Final = "abcdefghkmnpqrstuvwxyz23456789"
_TOPIC_LENGTH: Final = 12


@dataclass(frozen=True, kw_only=True, slots=True)
class ReceiverForm:
    """The fields as they were typed, to be shown again if something is wrong; a URL is not shown again."""

    name: str = ""
    way: str = "ntfy"
    topic: str = ""
    hours: str = ""
    repeats: bool = True

    @property
    def app_url(self) -> str:
        """The address by which a phone with the app ntfy subscribes to the topic."""
        return f"ntfy://{NTFY_SERVER}/{self.topic}"


def new_topic() -> str:
    """Return a topic of ntfy that nobody can guess."""
    return "tears-" + "".join(secrets.choice(_TOPIC_LETTERS) for _ in range(_TOPIC_LENGTH))


def read_form(fields: Mapping[str, Any]) -> ReceiverForm:
    """Return the fields of a form in their bounds.

    A URL that was typed counts, whichever way is marked: the topic of ntfy is there without being typed, and nobody
    would hear what goes to it.
    """
    is_url = fields.get("way") == "url" or bool(str(fields.get("url", "")).strip())
    return ReceiverForm(
        name=" ".join(str(fields.get("name", "")).split())[:_MOST_NAME],
        way="url" if is_url else "ntfy",
        topic=str(fields.get("topic", "")).strip()[:_MOST_NAME],
        hours=str(fields.get("hours", "")).strip()[:_MOST_NAME],
        repeats=fields.get("repeats") == "yes",
    )


def change_of(form: ReceiverForm, url: str) -> ReceiverChange:
    """Return what a form asks for; `url` is what was typed as one.

    Raises:
        ReceiversError: A field says nothing that can be used.
    """
    if not form.name.isprintable() or not form.name:
        raise ReceiversError("Give the receiver a name, such as that of the person.")
    address = url.strip()[:_MOST_URL]
    if form.way == "ntfy" and form.topic:
        if not _TOPIC.match(form.topic):
            raise ReceiversError("A topic of ntfy has up to 64 letters, digits, _ and -.")
        address = f"ntfys://{NTFY_SERVER}/{form.topic}"
    if re.search(r"\s", address):
        raise ReceiversError("A URL has no spaces. Add one receiver for each URL.")
    hours = tuple(one.strip() for one in re.split(r"[,;]", form.hours) if one.strip())
    for one in hours:
        if not _TYPED_HOURS.fullmatch(one):
            raise ReceiversError("Write hours as 22:00-07:00, with commas between several.")
    return ReceiverChange(
        name=form.name, url=address, hours=hours, repeat_seconds=USUAL_REPEAT_SECONDS if form.repeats else 0
    )
