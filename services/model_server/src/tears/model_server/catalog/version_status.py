"""The states of a version, and its status as GetModelStatus reports it."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from tears.tfserving.v1.status_pb2 import StatusProto


class VersionState(enum.IntEnum):
    """The life of a version, with TF Serving's numbers."""

    START = 10
    LOADING = 20
    AVAILABLE = 30
    UNLOADING = 40
    END = 50


@dataclass(frozen=True, slots=True)
class VersionStatus:
    """What is reported about one version.

    Attributes:
        message: Why a version that ended could not be loaded; `code` says the same.
        lack: Why a version that counts as available cannot run; GetModelStatus has no field for it.
    """

    number: int
    state: VersionState
    code: StatusProto.Code = StatusProto.OK
    message: str = ""
    lack: str = ""
