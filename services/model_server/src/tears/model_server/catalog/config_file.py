"""The file of `--model_config_file`: read at the start, and again whenever its turn comes."""

from __future__ import annotations

import logging
from pathlib import Path

from tears.model_server.catalog.catalog import Catalog
from tears.model_server.catalog.model_config import read_config_file
from tears.model_server.errors import ModelServerError, UnavailableModelsError

logger = logging.getLogger(__name__)


class ConfigFile:
    """Keeps a catalog in line with a file. As in TF Serving, the file wins over what an RPC has configured since."""

    def __init__(self, path: Path, catalog: Catalog) -> None:
        """Reads nothing yet."""
        self._path = path
        self._catalog = catalog
        self._complaint = ""

    def look(self) -> None:
        """Does what the file says; one that is bad is logged, once, and leaves everything as it is."""
        try:
            self._catalog.reload(read_config_file(self._path))
        except UnavailableModelsError as error:
            self._complain(f"is in effect, but {error}")
        except ModelServerError as error:
            self._complain(f"is not in effect, and what was stays: {error}")
        else:
            self._complaint = ""

    def _complain(self, complaint: str) -> None:
        if complaint != self._complaint:
            logger.error("%s %s", self._path, complaint)
        self._complaint = complaint
