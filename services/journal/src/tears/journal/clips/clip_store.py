"""The clips: what pages, the API and teaching read of them and do with them. Safe to use from any thread."""

from pathlib import Path

import msgspec

from tears.journal.history.history_file import HistoryFile
from tears.journal.history.records import KeptClip, ParentLabel, Verdict
from tears.kit.clock import Clock


class KeptMark(msgspec.Struct, frozen=True, kw_only=True):
    """What a parent has marked, and the sound of it; the clip has the id of the label."""

    label: ParentLabel
    clip: KeptClip


class ExportedClips(msgspec.Struct, frozen=True, kw_only=True):
    """What an export has written.

    Attributes:
        crying: how many clips of 5 s with crying.
        other: how many with other sounds.
        without_sound: how many labels have no clip any more.
    """

    crying: int
    other: int
    without_sound: int


class ClipStore:
    """The folder of the clips, `<room>/<day>/<id>.flac`; a clip has the id of its episode, near miss or mark.

    Every method blocks on the disk, so a request calls it in the thread pool, never in the event loop. Ids come from
    outside: they are looked up, and never become part of a path.

    Attributes:
        fault: why no clips are kept at present and what to do, in words for a parent; empty if all is well.
    """

    def __init__(self, folder: Path, history: HistoryFile, clock: Clock) -> None:
        """Touch nothing yet."""
        self.folder = folder
        self.fault = ""
        self._history = history
        self._clock = clock

    def path(self, clip_id: str) -> Path | None:
        """Return the FLAC file of a clip, which is whole; None if there is none (any more)."""
        raise NotImplementedError

    def mp3(self, clip_id: str) -> Path | None:
        """Return the clip as an MP3 file, which is made at the first call: seconds on a Pi; None as `path` does.

        Raises ClipStoreError if it cannot be made.
        """
        raise NotImplementedError

    def spectrogram(self, clip_id: str) -> Path | None:
        """Return the spectrogram of a clip as a PNG file, which is made at the first call; None as `path` does.

        Time runs from left to right over the whole width, frequency from 0 at the bottom to 8 kHz at the top.

        Raises ClipStoreError if it cannot be made.
        """
        raise NotImplementedError

    def mark(self, mic: str, from_at: float, to_at: float, verdict: Verdict, *, made_by: str) -> KeptMark:
        """Keep what a parent says of a stretch of a room's sound, with a clip of it.

        The sound comes from the recordings, or from what Redis still holds. If there is none, the mark is kept without
        a clip.

        Raises:
            ClipStoreError: the stretch is empty or longer than five minutes.
            HistoryError: the mark cannot be kept.
        """
        raise NotImplementedError

    def delete(self, clip_id: str) -> bool:
        """Delete a clip and what was made of it, and tell the history; return whether there was one."""
        raise NotImplementedError

    def export(self, folder: Path) -> ExportedClips:
        """Write all labelled clips into a folder in own_data's format: `crying/` and `other/`, WAVs of 5 s.

        The folder is made; clips of an earlier export into it are replaced. `tears-train --fine_tune` takes it.

        Raises:
            ClipStoreError: the folder cannot be written.
        """
        raise NotImplementedError

    @property
    def size_bytes(self) -> int:
        """The size of all files in the folder."""
        raise NotImplementedError

    def __len__(self) -> int:
        """Return how many clips there are."""
        raise NotImplementedError
