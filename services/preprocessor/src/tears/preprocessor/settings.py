"""The preprocessor's settings."""

from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from tears.kit.settings import ProbePort, StageSettings


class PreprocessorSettings(StageSettings, frozen=True, kw_only=True):
    """The settings that are read from `TEARS_PREPROCESSOR_*`."""

    prefix: ClassVar[str] = "PREPROCESSOR"

    probe_port: ProbePort = 9102
    gain_db: Annotated[
        Annotated[float, Meta(ge=-20, le=60)] | Literal["auto"],
        Meta(
            description="Gain before resampling; `auto`: the most, of 0 to 45 dB, that clips at most 0.1 % of a window."
        ),
    ] = "auto"
    hop_seconds: Annotated[
        float, Meta(ge=0.1, le=5, description="From the start of one 5 s window to the start of the next.")
    ] = 1.0
    windows_capacity: Annotated[
        int, Meta(ge=1, le=10_000, description="Pause while `tears:windows` holds this many windows (220 KB each).")
    ] = 32
    in_flight: Annotated[int, Meta(ge=1, le=16, description="How many chunks may be worked on at the same time.")] = 1

    @property
    def fixed_gain_db(self) -> float | None:
        """The fixed gain; None means automatic gain."""
        return None if self.gain_db == "auto" else self.gain_db
