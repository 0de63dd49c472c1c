"""What the alerter is told."""

from __future__ import annotations

import dataclasses
from typing import Annotated, ClassVar

from msgspec import Meta

from tears.alerter.episodes.monitor_state import Rules
from tears.kit.errors import SettingsError
from tears.kit.settings import ENDLESS, SECRET, ServiceSettings
from tears.policy.parameters import Policy

_POLICY = Policy()


class AlerterSettings(ServiceSettings, frozen=True, kw_only=True):
    """Read from `TEARS_ALERTER_*`."""

    prefix: ClassVar[str] = "ALERTER"

    probe_port: Annotated[
        int, Meta(ge=0, le=65_535, description="Port of /healthz, /readyz and /metrics; 0 takes any free one.")
    ] = 9104
    notify: Annotated[
        tuple[str, ...],
        Meta(
            description="Whom to tell: Apprise URLs (https://appriseit.com/services/). Never logged or stored.",
            extra={SECRET: True},
        ),
    ] = ()
    state_path: Annotated[
        str, Meta(min_length=1, description="The file that the alerter's memory lies in; its folder is made.")
    ] = "/var/lib/tears/alerter.sqlite"
    cry_label: Annotated[str, Meta(min_length=1, description="Which of the model's labels is a cry.")] = "crying"
    deaf_seconds: Annotated[
        float,
        Meta(ge=1, description="A microphone that is not heard for so long is told of.", extra={ENDLESS: True}),
    ] = 60.0
    lateness_seconds: Annotated[
        float,
        Meta(
            ge=0,
            description="A missing detection is waited for so long; longer than another classifier takes to claim it.",
            extra={ENDLESS: True},
        ),
    ] = 45.0
    open_threshold: Annotated[
        float, Meta(gt=0, le=1, description="A window of at least this score is crying while no episode is open.")
    ] = _POLICY.open_threshold
    close_threshold: Annotated[
        float, Meta(gt=0, le=1, description="A window of at least this score keeps an open episode going.")
    ] = _POLICY.close_threshold
    level_floor_dbfs: Annotated[
        float, Meta(ge=-200, le=0, description="A window below this level, before gain, is not crying.")
    ] = _POLICY.level_floor_dbfs
    evidence_seconds: Annotated[
        float, Meta(gt=0, le=60, description="So much crying opens an episode, within the span.")
    ] = _POLICY.evidence_seconds
    span_seconds: Annotated[float, Meta(gt=0, le=60, description="The span in which the evidence must lie.")] = (
        _POLICY.span_seconds
    )
    quiet_seconds: Annotated[float, Meta(gt=0, le=3_600, description="So long without crying closes an episode.")] = (
        _POLICY.quiet_seconds
    )
    refractory_seconds: Annotated[
        float,
        Meta(ge=0, le=86_400, description="So long after it opened an episode stays open, and is told once."),
    ] = _POLICY.refractory_seconds
    unheard_seconds: Annotated[
        float, Meta(ge=0, le=3_600, description="So much time without a score is not taken for quiet.")
    ] = _POLICY.unheard_seconds

    def __post_init__(self) -> None:
        """Raises SettingsError where settings contradict each other."""
        try:
            self._policy()
        except ValueError as error:
            message = str(error)
            for field in dataclasses.fields(Policy):
                message = message.replace(field.name, f"TEARS_{self.prefix}_{field.name.upper()}")
            raise SettingsError(message) from error

    @property
    def rules(self) -> Rules:
        """What tracks are judged by."""
        return Rules(policy=self._policy(), lateness_seconds=self.lateness_seconds, deaf_seconds=self.deaf_seconds)

    def _policy(self) -> Policy:
        return Policy(**{field.name: getattr(self, field.name) for field in dataclasses.fields(Policy)})
