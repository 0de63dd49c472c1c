"""The list of all variables is complete, so that slips in names are noticed."""

import re

import pytest
from support.places import ROOT

from tears.alerter.settings import AlerterSettings
from tears.classifier.settings import ClassifierSettings
from tears.journal.settings import JournalSettings
from tears.kit.settings import describe_settings
from tears.kit.variables.known_variables import (
    COMPOSE_VARIABLES,
    KNOWN_VARIABLES,
    MAKE_VARIABLES,
    SETTINGS_OF_SERVICES,
)
from tears.preprocessor.settings import PreprocessorSettings
from tears.recorder.settings import RecorderSettings

SERVICES = (RecorderSettings, PreprocessorSettings, ClassifierSettings, AlerterSettings, JournalSettings)


def test_every_setting_of_a_service_is_known_and_no_other_is() -> None:
    settings = dict.fromkeys(one.variable for service in SERVICES for one in describe_settings(service))
    assert list(settings) == list(SETTINGS_OF_SERVICES)


@pytest.mark.parametrize(
    "name", ["docker-compose.yml", ".env.example", "Makefile", "containers/engine", "docs/systemd/tears.env"]
)
def test_every_variable_in_a_file_for_users_is_known(name: str) -> None:
    named = set(re.findall(r"TEARS_[A-Z0-9_]*[A-Z0-9]", (ROOT / name).read_text()))
    assert named
    assert named <= KNOWN_VARIABLES


def test_what_only_compose_and_make_read_is_used_there() -> None:
    compose = "".join(path.read_text() for path in ROOT.glob("docker-compose*.yml"))
    make = (ROOT / "Makefile").read_text() + (ROOT / "containers" / "engine").read_text()
    make += (ROOT / "trainer/src/tears/trainer/recipe/options.py").read_text()
    assert not [name for name in COMPOSE_VARIABLES if name not in compose]
    assert not [name for name in MAKE_VARIABLES if name not in make]
