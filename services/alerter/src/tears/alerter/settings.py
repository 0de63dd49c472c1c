"""The alerter's settings."""

import dataclasses
from typing import Annotated, ClassVar, TypeAlias
from urllib.parse import urlsplit

from msgspec import Meta
from msgspec.structs import force_setattr

from tears.alerter.episodes.monitor_state import AlertRules
from tears.alerter.notices.wording import Language
from tears.kit.errors import SettingsError
from tears.kit.registry.mic_names import mic_of_room
from tears.kit.setting_fields import DEFAULT_IN_WORDS, ENDLESS, IN_WORDS, SECRET, SHARED
from tears.kit.settings import ProbePort, ServiceSettings
from tears.policy.parameters import Policy
from tears.policy.sensitivity import SENSITIVITY_LEVELS, Sensitivity, policy_of

RULES_VARIABLE = "TEARS_ALERTER_RULES"
_DEFAULT_POLICY = Policy()
_HOUSE = ""
# No alert depends on them, so one that can never be reached is left out and ends no alerter.
_SIDE_URLS = ("heartbeat_url", "babybuddy_url")
_BY_SENSITIVITY = "by the sensitivity"

Threshold: TypeAlias = Annotated[float, Meta(gt=0, le=1)]


class AlerterSettings(ServiceSettings, frozen=True, kw_only=True, dict=True):
    """The settings that are read from `TEARS_ALERTER_*`.

    Thresholds that are not set are those of the house's sensitivity once the object is made.
    """

    prefix: ClassVar[str] = "ALERTER"

    probe_port: ProbePort = 9104
    notify: Annotated[
        tuple[str, ...],
        Meta(
            description="Who gets the notices: Apprise URLs (https://appriseit.com/services/). Never logged or stored.",
            extra={SECRET: True},
        ),
    ] = ()
    clip: Annotated[
        bool,
        Meta(
            description="Send the sound of the crying after the alert, where the service takes files. Off by default, "
            "because the sound leaves the house if the service is outside of it."
        ),
    ] = False
    language: Annotated[Language, Meta(description="The language of the notices; a receiver may have its own.")] = "en"
    journal_url: Annotated[
        str,
        Meta(
            pattern=r"^(https?://\S+)?$",
            description="Where parents open the journal's page; notices link to it if this is set.",
            extra={SHARED: "TEARS_JOURNAL_URL", IN_WORDS: "a URL that begins with http:// or https://"},
        ),
    ] = ""
    rules: Annotated[
        str,
        Meta(
            description="A file alerts.toml that says who gets which notices, in place of TEARS_ALERTER_NOTIFY "
            "(howto-alerts.md).",
        ),
    ] = ""
    state_path: Annotated[
        str, Meta(min_length=1, description="The file that keeps the alerter's state; its folder is made.")
    ] = "/var/lib/tears/alerter.sqlite"
    cry_label: Annotated[str, Meta(min_length=1, description="The model's label for crying.")] = "crying"
    selftest_seconds: Annotated[
        float,
        Meta(
            ge=0,
            le=3_600,
            description="Play a cry to the whole chain this often, and alert when it is not heard; 0 turns that off.",
        ),
    ] = 60.0
    heartbeat_url: Annotated[
        str,
        Meta(
            pattern=r"^(https?://[^\s/]\S*)?\Z",
            description="Fetch this URL every minute, only while all is well: a service elsewhere (Healthchecks, "
            "Uptime Kuma) warns when that stops. Never logged.",
            extra={SECRET: True, IN_WORDS: "a URL that begins with http:// or https://"},
        ),
    ] = ""
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
    sensitivity: Annotated[
        tuple[Annotated[str, Meta(pattern=rf"^([^=]+=)?({'|'.join(Sensitivity)})$")], ...],
        Meta(
            description="How readily to alert: `low`, `normal` or `high`, and for single rooms `ROOM=LEVEL`, such as "
            "`normal attic=high`. docs/sensitivity.md says what each level finds and how often it is wrong.",
            extra={
                IN_WORDS: "low, normal or high, and ROOM=low, ROOM=normal or ROOM=high for single rooms; "
                "in ROOM, write a space as _x0020_"
            },
        ),
    ] = (Sensitivity.NORMAL,)
    open_threshold: Annotated[
        Threshold | None,
        Meta(
            description="A window with at least this score is crying while no episode is open; it replaces that of the "
            "sensitivity, in all rooms.",
            extra={DEFAULT_IN_WORDS: _BY_SENSITIVITY},
        ),
    ] = None
    close_threshold: Annotated[
        Threshold | None,
        Meta(
            description="A window with at least this score keeps an open episode open; it replaces that of the "
            "sensitivity, in all rooms.",
            extra={DEFAULT_IN_WORDS: _BY_SENSITIVITY},
        ),
    ] = None
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

    report_at: Annotated[
        str,
        Meta(
            pattern=r"^(([01]\d|2[0-3]):[0-5]\d|never)$",
            description="When to report the night, local time, to the receivers that want it.",
            extra={IN_WORDS: "a time of day such as 07:30, or never"},
        ),
    ] = "never"
    nights_kept: Annotated[
        int,
        Meta(
            ge=0,
            le=90,
            description="How many nights (18:00 to 10:00) of scores and levels to keep, in a file beside the state "
            "file, for reports and `./tears tune`: 0.13 MB a night and room; 0 keeps none.",
        ),
    ] = 28
    babybuddy_url: Annotated[
        str,
        Meta(
            pattern=r"^(https?://[^\s/]\S*)?\Z",
            description="Also write each night's report as a note into this Baby Buddy. It needs "
            "TEARS_ALERTER_REPORT_AT and the token.",
            extra={IN_WORDS: "a URL that begins with http:// or https://"},
        ),
    ] = ""
    babybuddy_token: Annotated[
        str,
        Meta(description="The key of a Baby Buddy user, from the page of its settings.", extra={SECRET: True}),
    ] = ""
    babybuddy_child: Annotated[
        int, Meta(ge=0, description="The number of the child in Baby Buddy; 0 if there is only one.")
    ] = 0
    mqtt_url: Annotated[
        str,
        Meta(
            pattern=r"^mqtts?://",
            description="The MQTT broker of Home Assistant; nothing is shown there without it. Never logged.",
            extra={SECRET: True, IN_WORDS: "a URL such as mqtt://USER:PASSWORD@HOST:1883, or mqtts:// for TLS"},
        ),
    ] = ""
    mqtt_ca_path: Annotated[
        str,
        Meta(
            description="The certificate (PEM) of the authority that signed the broker's, for mqtts://.",
            extra={DEFAULT_IN_WORDS: "the system's authorities"},
        ),
    ] = ""
    mqtt_topic: Annotated[
        str,
        Meta(
            pattern=r"^[A-Za-z0-9-]{1,50}\Z",
            description="How our topics and the ids of our devices begin. Two Tears at one broker need two.",
            extra={IN_WORDS: "up to 50 letters, digits and -"},
        ),
    ] = "tears"
    mqtt_discovery_topic: Annotated[
        str,
        Meta(
            pattern=r"^[A-Za-z0-9_/-]{1,100}\Z",
            description="Home Assistant's discovery prefix.",
            extra={IN_WORDS: "up to 100 letters, digits, _, - and /"},
        ),
    ] = "homeassistant"
    mqtt_snooze_seconds: Annotated[
        float, Meta(ge=600, le=14_400, description="How long Home Assistant's switch snoozes the alerts of a room.")
    ] = 3_600.0

    def __post_init__(self) -> None:
        """Leave out URLs that can never be reached; raise SettingsError if settings contradict each other."""
        unreachable = [name for name in _SIDE_URLS if not _may_be_reached(getattr(self, name))]
        for name in unreachable:
            force_setattr(self, name, "")
        force_setattr(self, "_unreachable", tuple(f"TEARS_{self.prefix}_{name.upper()}" for name in unreachable))
        levels = self._levels()
        given = {field.name: getattr(self, field.name) for field in dataclasses.fields(Policy)}
        given = {name: value for name, value in given.items() if value is not None}
        try:
            policies = {mic: policy_of(level, **given) for mic, level in levels.items()}
        except ValueError as error:
            message = str(error)
            for field in dataclasses.fields(Policy):
                message = message.replace(field.name, f"TEARS_{self.prefix}_{field.name.upper()}")
            raise SettingsError(message) from error
        force_setattr(self, "_policies", policies)
        for name in dataclasses.asdict(SENSITIVITY_LEVELS[Sensitivity.NORMAL]):
            force_setattr(self, name, getattr(policies[_HOUSE], name))

    @property
    def unreachable_variables(self) -> tuple[str, ...]:
        """The variables whose URL was left out, because it can never be reached."""
        unreachable: tuple[str, ...] = self.__dict__["_unreachable"]
        return unreachable

    @property
    def alert_rules(self) -> AlertRules:
        """The rules for every microphone."""
        policies: dict[str, Policy] = self.__dict__["_policies"]
        return AlertRules(
            policy=policies[_HOUSE],
            policy_by_mic={mic: policy for mic, policy in policies.items() if mic != _HOUSE},
            lateness_seconds=self.lateness_seconds,
            deaf_seconds=self.deaf_seconds,
        )

    @property
    def report_time(self) -> tuple[int, int] | None:
        """The hour and minute of the night's report; None for never."""
        if self.report_at == "never":
            return None
        hour, _, minute = self.report_at.partition(":")
        return int(hour), int(minute)

    def _levels(self) -> dict[str, Sensitivity]:
        """Return the level of each microphone that has its own, and under the empty name that of all others.

        Raises:
            SettingsError: one has two levels.
        """
        levels: dict[str, Sensitivity] = {}
        for item in self.sensitivity:
            room, _, level = item.rpartition("=")
            mic = mic_of_room(room)
            if mic in levels:
                which = f"the room {room}" if mic else "the house"
                raise SettingsError(f"TEARS_{self.prefix}_SENSITIVITY has two levels for {which}; leave one out")
            levels[mic] = Sensitivity(level)
        return {_HOUSE: Sensitivity.NORMAL, **levels}


def _may_be_reached(url: str) -> bool:
    """Return whether a URL is empty, or has a host and no port but one from 1 to 65535."""
    try:
        parts = urlsplit(url)
        return not url or (bool(parts.hostname) and parts.port != 0)
    except ValueError:
        return False
