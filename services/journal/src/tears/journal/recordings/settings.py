"""The settings of the recordings: of `python -m tears.journal.recordings`, and a part of the journal's."""

import math
from typing import Annotated, ClassVar

from msgspec import Meta

from tears.journal.recordings.retention import RetentionLimits
from tears.kit.registry.mic_names import FOLDER_NAME_PATTERN
from tears.kit.setting_fields import ENDLESS, IN_WORDS
from tears.kit.settings import ProbePort, ServiceSettings

DAY_SECONDS = 86_400


class RecordingSettings(ServiceSettings, frozen=True, kw_only=True):
    """Read from `TEARS_JOURNAL_*`."""

    prefix: ClassVar[str] = "JOURNAL"

    probe_port: ProbePort = 9105
    folder: Annotated[str, Meta(min_length=1, description="The folder of the recordings; it is made.")] = (
        "/var/lib/tears/recordings"
    )
    rooms: Annotated[
        tuple[Annotated[str, Meta(pattern=FOLDER_NAME_PATTERN)], ...],
        Meta(
            extra={IN_WORDS: "names of microphones, with white space between them"},
            description="Record only these rooms; without any, all that are registered, also later ones.",
        ),
    ] = ()
    segment_seconds: Annotated[int, Meta(ge=1, le=300, description="Length of a file.")] = 30
    keep_days: Annotated[float, Meta(gt=0, description="Delete recordings that are older.", extra={ENDLESS: True})] = (
        math.inf
    )
    keep_gib: Annotated[
        float, Meta(gt=0, description="Delete the oldest recordings beyond this size.", extra={ENDLESS: True})
    ] = math.inf
    leave_gib: Annotated[float, Meta(ge=0, description="Write nothing if less than this would stay free.")] = 0.5
    stop_with_stdin: Annotated[
        bool, Meta(description="Also stop when standard input is closed; `./tears record` stops the journal so.")
    ] = False

    @property
    def limits(self) -> RetentionLimits:
        """What is kept."""
        return RetentionLimits(
            keep_seconds=None if math.isinf(self.keep_days) else self.keep_days * DAY_SECONDS,
            keep_bytes=None if math.isinf(self.keep_gib) else int(self.keep_gib * 2**30),
        )

    @property
    def leave_bytes(self) -> int:
        """What stays free on the disk."""
        return int(self.leave_gib * 2**30)
