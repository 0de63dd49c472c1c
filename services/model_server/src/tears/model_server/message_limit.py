"""The most bytes that one gRPC message may have, by what the models take.

gRPC needs the number before it listens, and the server listens before models are loaded. So it comes from the files.
"""

import logging
from pathlib import Path
from typing import Final

from tears.model_server.catalog.model_config import settings_from_config
from tears.model_server.catalog.version_folders import find_versions
from tears.model_server.engines.request_sizes import tflite_request_bytes
from tears.model_server.engines.servable import Loader, Servable
from tears.model_server.errors import ModelServerError
from tears.model_server.memory_limits import MIB
from tears.tfserving.v1.config_pb2 import ModelServerConfig

logger = logging.getLogger(__name__)

# gRPC's own limit for servers and clients that say nothing.
LEAST_MESSAGE_BYTES: Final = 4 * MIB


def largest_message_bytes(config: ModelServerConfig, default_bytes: int) -> int:
    """Return the limit for the versions that a configuration asks for and that exist now.

    It is `default_bytes` if there are none, or if the files of one do not say how large its inputs are.
    """
    sizes = [tflite_request_bytes(folder) for folder in _folders(config)]
    known = [size for size in sizes if size is not None]
    least_bytes = LEAST_MESSAGE_BYTES if sizes and len(known) == len(sizes) else default_bytes
    return max(least_bytes, *known, 0)


def warn_about_large_requests(load: Loader, limit_bytes: int) -> Loader:
    """Return a loader that logs when a version, published later, takes larger requests than a message may be."""

    def load_and_look(folder: Path) -> Servable:
        needed_bytes = tflite_request_bytes(folder) or 0
        if needed_bytes > limit_bytes:
            logger.warning(
                "%s takes requests of %d bytes with room for batches, and a message may have %d: restart, or "
                "set --grpc_channel_arguments=grpc.max_receive_message_length=%d",
                folder,
                needed_bytes,
                limit_bytes,
                needed_bytes,
            )
        return load(folder)

    return load_and_look


def _folders(config: ModelServerConfig) -> list[Path]:
    try:
        models = settings_from_config(config).values()
    except ModelServerError:  # whoever loads the models reports it
        return []
    folders = []
    for model in models:
        try:
            found = find_versions(model.base_path)
        except OSError:
            continue
        folders += [found[number] for number in model.policy.choose(found)]
    return folders
