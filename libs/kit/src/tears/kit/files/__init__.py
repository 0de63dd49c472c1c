"""Files on a disk that may be full, pulled out, or without power at any moment: whole writes and locks."""

from tears.kit.files.disk_errors import cannot_write, naming_file, reason_and_cure
from tears.kit.files.file_lock import FileLock
from tears.kit.files.regular import make_private, open_regular
from tears.kit.files.together import FilesTogether
from tears.kit.files.whole import PRIVATE_FILE_MODE, sync_file, sync_folder, sync_tree, write_whole, write_with

__all__ = [
    "PRIVATE_FILE_MODE",
    "FileLock",
    "FilesTogether",
    "cannot_write",
    "make_private",
    "naming_file",
    "open_regular",
    "reason_and_cure",
    "sync_file",
    "sync_folder",
    "sync_tree",
    "write_whole",
    "write_with",
]
