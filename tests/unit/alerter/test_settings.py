import dataclasses
import math

import pytest

from tears.alerter.settings import AlerterSettings
from tears.kit.errors import SettingsError
from tears.kit.registry.mic_names import mic_of_room
from tears.kit.settings import load_settings, redacted
from tears.policy.parameters import Policy
from tears.policy.sensitivity import SENSITIVITY_LEVELS, Sensitivity, policy_of


def test_without_environment_variables_the_policy_has_its_defaults() -> None:
    assert load_settings(AlerterSettings, {}).alert_rules.policy == Policy()


def test_every_parameter_of_the_policy_is_a_setting() -> None:
    environ = {
        f"TEARS_ALERTER_{field.name.upper()}": str(getattr(Policy(), field.name) + 0.0625)
        for field in dataclasses.fields(Policy)
    }
    policy = load_settings(AlerterSettings, environ).alert_rules.policy
    assert dataclasses.astuple(policy) == tuple(value + 0.0625 for value in dataclasses.astuple(Policy()))


def test_lateness_and_deafness_may_be_infinite() -> None:
    environ = {"TEARS_ALERTER_LATENESS_SECONDS": "inf", "TEARS_ALERTER_DEAF_SECONDS": "inf"}
    rules = load_settings(AlerterSettings, environ).alert_rules
    assert (rules.lateness_seconds, rules.deaf_seconds) == (math.inf, math.inf)


def test_the_error_about_contradicting_settings_names_their_variables() -> None:
    environ = {"TEARS_ALERTER_OPEN_THRESHOLD": "0.1"}
    with pytest.raises(SettingsError, match=r"TEARS_ALERTER_CLOSE_THRESHOLD .*TEARS_ALERTER_OPEN_THRESHOLD 0\.1"):
        load_settings(AlerterSettings, environ)


@pytest.mark.parametrize("variable", ["TEARS_ALERTER_HEARTBEAT_URL", "TEARS_ALERTER_BABYBUDDY_URL"])
@pytest.mark.parametrize(
    "url", ["http://[::1/x", "http://host:65536/", "http://host:0/", "http://host:port/", "https://:80"]
)
def test_a_url_without_a_host_or_with_a_port_that_does_not_exist_is_left_out(variable: str, url: str) -> None:
    found = load_settings(AlerterSettings, {variable: url})
    assert found.heartbeat_url == found.babybuddy_url == ""
    assert found.unreachable_variables == (variable,)
    good = load_settings(AlerterSettings, {variable: "http://[::1]:65535/x"})
    assert good.heartbeat_url + good.babybuddy_url == "http://[::1]:65535/x"
    assert good.unreachable_variables == ()


def test_receiver_urls_are_separated_by_white_space_and_never_shown() -> None:
    settings = load_settings(AlerterSettings, {"TEARS_ALERTER_NOTIFY": "json://token@a/\n  ntfy://secret "})
    assert settings.notify == ("json://token@a/", "ntfy://secret")
    assert redacted(settings)["TEARS_ALERTER_NOTIFY"] == "***"


def test_the_sensitivity_chooses_the_thresholds() -> None:
    settings = load_settings(AlerterSettings, {"TEARS_ALERTER_SENSITIVITY": "high"})
    assert settings.open_threshold == SENSITIVITY_LEVELS[Sensitivity.HIGH].open_threshold
    assert settings.alert_rules.policy == policy_of(Sensitivity.HIGH)


def test_a_room_may_have_a_sensitivity_of_its_own() -> None:
    rules = load_settings(AlerterSettings, {"TEARS_ALERTER_SENSITIVITY": "low Küche=high attic=normal"}).alert_rules
    assert rules.policy_of("nursery") == policy_of(Sensitivity.LOW)
    assert rules.policy_of("K_x00FC_che") == policy_of(Sensitivity.HIGH)
    assert rules.policy_of("attic") == Policy()


def test_a_room_with_a_space_in_its_name_may_have_a_sensitivity_too() -> None:
    with pytest.raises(SettingsError, match="in ROOM, write a space as _x0020_"):
        load_settings(AlerterSettings, {"TEARS_ALERTER_SENSITIVITY": "low guest room=high"})
    rules = load_settings(AlerterSettings, {"TEARS_ALERTER_SENSITIVITY": "low guest_x0020_room=high"}).alert_rules
    assert rules.policy_of(mic_of_room("guest room")) == policy_of(Sensitivity.HIGH)


def test_thresholds_that_are_set_win_over_the_sensitivity() -> None:
    environ = {"TEARS_ALERTER_SENSITIVITY": "low attic=high", "TEARS_ALERTER_OPEN_THRESHOLD": "0.55"}
    rules = load_settings(AlerterSettings, environ).alert_rules
    assert (rules.policy.open_threshold, rules.policy_of("attic").open_threshold) == (0.55, 0.55)
    assert rules.policy_of("attic").close_threshold == SENSITIVITY_LEVELS[Sensitivity.HIGH].close_threshold


@pytest.mark.parametrize("text", ["loud", "attic=", "=high", "low high", "attic=low attic=high"])
def test_a_sensitivity_that_says_nothing_or_two_things_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="TEARS_ALERTER_SENSITIVITY"):
        load_settings(AlerterSettings, {"TEARS_ALERTER_SENSITIVITY": text})
