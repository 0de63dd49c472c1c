"""Keep the catalog in line with the file of `--model_config_file`."""

import logging
from pathlib import Path

from tears.model_server.catalog.catalog import Catalog
from tears.model_server.catalog.model_config import read_config_file
from tears.model_server.errors import ModelServerError, UnavailableModelsError

logger = logging.getLogger(__name__)


class ConfigFile:
    """Apply a file to a catalog. As in TF Serving, the file overrides what an RPC has configured in the meantime."""

    def __init__(self, path: Path, catalog: Catalog) -> None:
        self._path = path
        self._catalog = catalog
        self._last_problem = ""

    def apply(self) -> None:
        """Read the file and apply it; a bad file is logged once and changes nothing."""
        problem = ""
        try:
            self._catalog.reload(read_config_file(self._path))
        except UnavailableModelsError as error:
            problem = f"is in effect, but {error}"
        except ModelServerError as error:
            problem = f"is not in effect; the previous configuration stays: {error}"
        if problem and problem != self._last_problem:
            logger.error("%s %s", self._path, problem)
        self._last_problem = problem
