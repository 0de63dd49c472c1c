"""A notice: what happened, as facts. Its words are made when it is handed to a receiver. No I/O."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from tears.alerter.notices.kinds import ABOUT_CRYING, ABOUT_LISTENING, NoticeKind
from tears.kit.registry.mic_names import room_of_mic

# For the keys of notices that are not about an episode.
NOTICE_NAMESPACE = uuid.UUID("e9a3cc6e-6316-50bf-9e1c-d71ca6ab5c1d")

Fact: TypeAlias = str | float | int | bool
# The fact that a test is to be as loud as an alert.
RINGS = "rings"
# The fact that a message only brings a file that belongs to a notice; its value is what that file is.
BRINGS = "brings"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a message. It lies in memory and is never written to a disk.

    Attributes:
        name: the file's name, which the parent sees.
        mime_type: the kind of the content, such as audio/mpeg.
        content: the bytes of the file.
    """

    name: str
    mime_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Notice:
    """One message to a parent, in no language yet.

    Attributes:
        key: identifies the notice: it stays the same if the notice has to be sent again. No parent sees it.
        kind: what it is about.
        mic: the microphone of the room; empty if it is about the house.
        facts: what its words are made of, in JSON's simple types.
        happened_at_seconds: the wall clock when it happened; 0 if it is unknown.
        earlier: late notices of the same subject that are told together with this one, oldest first.
    """

    key: str
    kind: NoticeKind
    mic: str = ""
    facts: Mapping[str, Fact] = field(default_factory=dict)
    happened_at_seconds: float = 0.0
    earlier: tuple["Notice", ...] = ()

    @property
    def subject(self) -> str:
        """What the notice is about: late ones of the same subject are told together.

        A house can have several troubles at once. The fact `trouble` keeps them apart.
        """
        about = self.kind.value
        if self.kind in ABOUT_LISTENING:
            about = "listening"
        elif self.kind in ABOUT_CRYING:
            about = "crying"
        return f"{self.mic}/{about}/{self.facts.get('trouble', '')}"

    def outdates(self, older: "Notice") -> bool:
        """Return whether an older notice is no longer true once this one is delivered. An alert stays true."""
        is_passing = older.kind in ABOUT_LISTENING or older.kind is NoticeKind.STILL_CRYING
        return is_passing and older.subject == self.subject

    def __str__(self) -> str:
        """Return the room and the kind, for the log."""
        return f"{room_of_mic(self.mic) or 'Tears'}: {self.kind.value.replace('_', ' ')}"
