"""The authority that signed the broker's certificate, and a copy for a start at which its file is gone or faulty.

Home Assistant is not needed for an alert, so a file that somebody has deleted, moved or garbled ends no alerter that
has worked with it before.
"""

import logging
import os
import ssl
from pathlib import Path

from tears.alerter.errors import BrokerUrlError
from tears.kit.files import PRIVATE_FILE_MODE, cannot_write, open_regular, write_whole

logger = logging.getLogger(__name__)

# Enough for the authorities of the whole world.
MOST_AUTHORITY_BYTES = 1_000_000
_COPY_SUFFIX = ".mqtt-ca.pem"


def authority_copy_of(state_path: Path) -> Path:
    """Return where an alerter with this state file keeps its copy of the authority."""
    return state_path.with_name(f"{state_path.name.removesuffix('.sqlite')}{_COPY_SUFFIX}")


def tls_context(ca_path: str, copy_path: Path) -> ssl.SSLContext:
    """Return a context that trusts the authority in a file (PEM), or those of the system if none is named.

    Blocks on the disk.

    Raises:
        BrokerUrlError: The file cannot be used, and there is no copy of a good one.
    """
    if not ca_path:
        return ssl.create_default_context()
    try:
        content = _read(Path(ca_path))
        context = ssl.create_default_context(cafile=ca_path)
    except OSError as error:
        fault = f"TEARS_ALERTER_MQTT_CA_PATH is {ca_path}, which cannot be used: {_reason(error)}"
        try:
            _read(copy_path)
            context = ssl.create_default_context(cafile=copy_path)
        except OSError:
            raise BrokerUrlError(fault) from error
        logger.error("%s; the copy of the last good one is used", fault)  # noqa: TRY400 - no fault of the code
        return context
    _keep(content, copy_path)
    return context


def _read(path: Path) -> bytes:
    with os.fdopen(open_regular(path, os.O_RDONLY), "rb") as file:
        return file.read(MOST_AUTHORITY_BYTES)


def _keep(content: bytes, copy_path: Path) -> None:
    try:
        if not copy_path.is_file() or _read(copy_path) != content:
            write_whole(copy_path, content, mode=PRIVATE_FILE_MODE)
    except OSError as error:
        logger.warning("no copy of the broker's authority is kept: %s", cannot_write(error))


def _reason(error: OSError) -> str:
    return error.strerror or str(error) or type(error).__name__
