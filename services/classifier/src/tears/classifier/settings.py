"""The classifier's settings."""

from typing import Annotated, ClassVar

from msgspec import Meta

from tears.kit.settings import OverloadSeconds, ProbePort, StageSettings


class ClassifierSettings(StageSettings, frozen=True, kw_only=True):
    """The settings that are read from `TEARS_CLASSIFIER_*`."""

    prefix: ClassVar[str] = "CLASSIFIER"

    probe_port: ProbePort = 9103
    server: Annotated[
        str, Meta(min_length=1, description="The model server's gRPC address: HOST:PORT or unix:PATH.")
    ] = "127.0.0.1:8500"
    model: Annotated[str, Meta(min_length=1, description="The model's name on the server.")] = "cry"
    model_version: Annotated[int, Meta(ge=0, description="The model version to ask; 0 lets the server choose.")] = 0
    model_label: Annotated[str, Meta(description="The version label to ask (`stable`, ...), or empty.")] = ""
    deadline_seconds: Annotated[float, Meta(ge=0.05, le=60, description="Deadline of a request.")] = 5.0
    in_flight: Annotated[int, Meta(ge=1, le=64, description="How many requests may be under way at the same time.")] = 2
    # Shorter than the preprocessor's, because a window has waited there too, and an alert should come in ten seconds.
    overload_seconds: OverloadSeconds = 3.0
    detections_kept: Annotated[
        int,
        Meta(
            ge=100,
            le=10_000_000,
            description="How many entries `tears:detections` keeps; the default is a day of one microphone.",
        ),
    ] = 86_400
