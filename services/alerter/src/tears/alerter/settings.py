"""The alerter's settings."""

import dataclasses
from typing import Annotated, ClassVar

from msgspec import Meta

from tears.alerter.episodes.monitor_state import AlertRules
from tears.kit.errors import SettingsError
from tears.kit.setting_fields import ENDLESS, SECRET
from tears.kit.settings import ProbePort, ServiceSettings
from tears.policy.parameters import Policy

_DEFAULT_POLICY = Policy()


class AlerterSettings(ServiceSettings, frozen=True, kw_only=True):
    """The settings that are read from `TEARS_ALERTER_*`."""

    prefix: ClassVar[str] = "ALERTER"

    probe_port: ProbePort = 9104
    notify: Annotated[
        tuple[str, ...],
        Meta(
            description="Who gets the notices: Apprise URLs (https://appriseit.com/services/). Never logged or stored.",
            extra={SECRET: True},
        ),
    ] = ()
    state_path: Annotated[
        str, Meta(min_length=1, description="The file that keeps the alerter's state; its folder is made.")
    ] = "/var/lib/tears/alerter.sqlite"
    cry_label: Annotated[str, Meta(min_length=1, description="The model's label for crying.")] = "crying"
    deaf_seconds: Annotated[
        float,
        Meta(
            ge=1, description="Alert when a microphone has given no score for this many seconds.", extra={ENDLESS: True}
        ),
    ] = 60.0
    lateness_seconds: Annotated[
        float,
        Meta(
            ge=0,
            description="Wait this long for a missing detection: longer than another classifier takes to claim it.",
            extra={ENDLESS: True},
        ),
    ] = 45.0
    open_threshold: Annotated[
        float, Meta(gt=0, le=1, description="A window with at least this score is crying while no episode is open.")
    ] = _DEFAULT_POLICY.open_threshold
    close_threshold: Annotated[
        float, Meta(gt=0, le=1, description="A window with at least this score keeps an open episode open.")
    ] = _DEFAULT_POLICY.close_threshold
    level_floor_dbfs: Annotated[
        float, Meta(ge=-200, le=0, description="A window below this level, before gain, is not crying.")
    ] = _DEFAULT_POLICY.level_floor_dbfs
    evidence_seconds: Annotated[
        float, Meta(gt=0, le=60, description="This much crying within the span opens an episode.")
    ] = _DEFAULT_POLICY.evidence_seconds
    span_seconds: Annotated[float, Meta(gt=0, le=60, description="The time in which the evidence must lie.")] = (
        _DEFAULT_POLICY.span_seconds
    )
    quiet_seconds: Annotated[
        float, Meta(gt=0, le=3_600, description="This much time without crying closes an episode.")
    ] = _DEFAULT_POLICY.quiet_seconds
    refractory_seconds: Annotated[
        float, Meta(ge=0, le=86_400, description="An episode stays open for at least this long, with a single alert.")
    ] = _DEFAULT_POLICY.refractory_seconds
    unheard_seconds: Annotated[
        float, Meta(ge=0, le=3_600, description="This much time without a score does not count as quiet.")
    ] = _DEFAULT_POLICY.unheard_seconds

    def __post_init__(self) -> None:
        """Raise SettingsError if settings contradict each other."""
        try:
            self._policy()
        except ValueError as error:
            message = str(error)
            for field in dataclasses.fields(Policy):
                message = message.replace(field.name, f"TEARS_{self.prefix}_{field.name.upper()}")
            raise SettingsError(message) from error

    @property
    def rules(self) -> AlertRules:
        """The rules for every microphone."""
        return AlertRules(policy=self._policy(), lateness_seconds=self.lateness_seconds, deaf_seconds=self.deaf_seconds)

    def _policy(self) -> Policy:
        return Policy(**{field.name: getattr(self, field.name) for field in dataclasses.fields(Policy)})
