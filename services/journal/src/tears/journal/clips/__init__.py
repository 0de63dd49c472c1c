"""The sound of episodes, near misses and marks: FLAC files in a folder, and what is made of them."""

from tears.journal.clips.clip_store import ClipStore, KeptMark

__all__ = ["ClipStore", "KeptMark"]
