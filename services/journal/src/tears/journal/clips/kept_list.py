"""Remember beside the clips which of them stay: a history that is lost must not take them with it."""

import logging
from collections.abc import Set as AbstractSet
from pathlib import Path

import msgspec

from tears.journal.errors import HistoryFileError
from tears.journal.history.history_file import HistoryFile
from tears.kit.files import PRIVATE_FILE_MODE, reason_and_cure, write_whole

logger = logging.getLogger(__name__)

KEPT_LIST_FILE = "kept.json"


class KeptIds(msgspec.Struct, frozen=True):
    """What the file holds.

    Attributes:
        history: the number of the history that was asked.
        kept: what that one keeps for good.
        lost: what earlier ones kept, which were lost: it stays until a parent deletes it.
    """

    history: int = 0
    kept: frozenset[str] = frozenset()
    lost: frozenset[str] = frozenset()


class KeptList:
    """The ids of what is labelled or starred, also in a history that was damaged, or of a newer release."""

    def __init__(self, folder: Path) -> None:
        """Touch nothing yet; `folder` is that of the clips."""
        self._path = folder / KEPT_LIST_FILE

    def wanted(self, history: HistoryFile, clip_ids: AbstractSet[str]) -> set[str]:
        """Return the ids of the clips that no limit deletes; `clip_ids` are those that are there.

        Raises:
            HistoryFileError: the history cannot be read, so nobody knows which clips may be deleted.
            OSError: the same of the file.
        """
        noted = self._read()
        kept = history.kept_for_good()
        try:
            number = history.number()
        except HistoryFileError:
            # A disk that is full, where deleting clips helps. Nothing is noted without a number.
            return {*kept, *noted.kept, *noted.lost}
        lost = noted.lost if noted.history in {0, number} else noted.lost | noted.kept
        now = KeptIds(history=number, kept=frozenset(kept), lost=(lost & clip_ids) - kept)
        if now != noted:
            self._write(now)
        return {*now.kept, *now.lost}

    def _read(self) -> KeptIds:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=KeptIds)
        except FileNotFoundError:
            return KeptIds()
        except msgspec.DecodeError as error:
            logger.warning("%s is damaged (%s); the history alone says which clips stay", self._path, error)
            return KeptIds()

    def _write(self, ids: KeptIds) -> None:
        try:
            write_whole(self._path, msgspec.json.encode(ids), mode=PRIVATE_FILE_MODE)
        except OSError as error:
            # On a full disk, deleting clips is what helps.
            logger.warning("which clips stay cannot be noted beside them: %s", reason_and_cure(error))
