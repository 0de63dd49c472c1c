"""Every setting of every service refuses values out of its range."""

import re

import pytest

from tears.alerter.settings import AlerterSettings
from tears.classifier.settings import ClassifierSettings
from tears.journal.settings import JournalSettings
from tears.kit.errors import SettingsError
from tears.kit.settings import ServiceSettings, Setting, describe_settings, load_settings
from tears.preprocessor.settings import PreprocessorSettings
from tears.recorder.settings import RecorderSettings

SERVICES: tuple[type[ServiceSettings], ...] = (
    RecorderSettings,
    PreprocessorSettings,
    ClassifierSettings,
    AlerterSettings,
    JournalSettings,
)


def wrong_values(setting: Setting) -> list[str]:
    """Return values that `setting` must refuse; none for free text."""
    if setting.accepts.startswith("a name "):
        return ["a\tb"]
    if setting.accepts.startswith("names "):
        return ["/"]
    if not setting.accepts.startswith(("a number", "a whole number")):
        return [] if setting.accepts.startswith(("text", "a list")) else ["neither of these"]
    wrong = ["loud", "nan"]
    if "from" in setting.accepts or "above" in setting.accepts:
        wrong.append("-1e9")
    if re.search(r"to \d", setting.accepts):
        wrong.append("1e12")
    return wrong


CASES = [
    pytest.param(service, setting, value, id=f"{setting.variable}={value!r}")
    for service in SERVICES
    for setting in describe_settings(service)
    for value in wrong_values(setting)
]


@pytest.mark.parametrize(("service", "setting", "value"), CASES)
def test_a_value_out_of_range_is_refused_by_name_and_with_what_is_accepted(
    service: type[ServiceSettings], setting: Setting, value: str
) -> None:
    environ = {"TEARS_RECORDER_INPUT": "night.wav", setting.variable: value}
    with pytest.raises(SettingsError) as caught:
        load_settings(service, environ)
    assert setting.variable in str(caught.value)
    assert setting.accepts in str(caught.value)


def test_all_wrong_settings_are_named_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(PreprocessorSettings, {"TEARS_SLOT": "-1", "TEARS_PREPROCESSOR_HOP_SECONDS": "0"})
    assert "TEARS_SLOT" in str(caught.value)
    assert "TEARS_PREPROCESSOR_HOP_SECONDS" in str(caught.value)
