"""The messages on the streams as frozen values; bytes are parsed here and nowhere else."""

from tears.kit.messages.chunk import AudioChunk
from tears.kit.messages.command import Command, CommandKind
from tears.kit.messages.detection import Detection
from tears.kit.messages.episode import Ending, Episode, EpisodeState
from tears.kit.messages.notice_report import ACKNOWLEDGED, NoticeReport
from tears.kit.messages.window import AudioWindow, Tombstone, TombstoneReason, WindowHeader

__all__ = [
    "ACKNOWLEDGED",
    "AudioChunk",
    "AudioWindow",
    "Command",
    "CommandKind",
    "Detection",
    "Ending",
    "Episode",
    "EpisodeState",
    "NoticeReport",
    "Tombstone",
    "TombstoneReason",
    "WindowHeader",
]
