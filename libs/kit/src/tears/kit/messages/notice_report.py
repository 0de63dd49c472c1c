"""Somebody was told of something, or has reacted."""

from dataclasses import dataclass
from typing import Final, Self

from tears.kit.errors import MessageError
from tears.kit.messages import wire
from tears.v1 import notice_pb2

# The kind of a report that somebody has acknowledged an episode; the other kinds are those of the notices.
ACKNOWLEDGED: Final = "acknowledged"
# No report of ours comes near these lengths.
_LONGEST_TEXT: Final = 512


@dataclass(frozen=True, kw_only=True, slots=True)
class NoticeReport:
    """A report as it stands on `tears:notices`.

    Attributes:
        kind: what the notice was about, in the words of alerts.toml, such as `crying`; or `acknowledged`.
        who: the receiver that has accepted it, without its URL; or what gave the command, such as `cli`.
        notice_id: the same for all receivers of a notice; empty for an acknowledgement.
        mic: the room's microphone; empty if it is about the house.
        episode_id: empty if it is not about an episode.
        at_seconds: the alerter's wall clock, seconds since 1970.
    """

    kind: str
    who: str
    at_seconds: float
    notice_id: str = ""
    mic: str = ""
    episode_id: str = ""

    def encode(self) -> bytes:
        """Return the bytes for `tears:notices`."""
        return notice_pb2.NoticeReport(
            notice_id=self.notice_id,
            kind=self.kind,
            mic=self.mic,
            episode_id=self.episode_id,
            who=self.who,
            at=wire.timestamp(self.at_seconds),
        ).SerializeToString()

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Parse the bytes; raise MessageError if they are no report."""
        message = wire.parse(notice_pb2.NoticeReport, body)
        texts = (message.kind, message.who, message.notice_id, message.mic, message.episode_id)
        if not message.kind or max(map(len, texts)) > _LONGEST_TEXT:
            raise MessageError("a NoticeReport without a kind, or with a text that is too long")
        return cls(
            kind=message.kind,
            who=message.who,
            at_seconds=wire.wall_seconds(message.at),
            notice_id=message.notice_id,
            mic=message.mic,
            episode_id=message.episode_id,
        )
