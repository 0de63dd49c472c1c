from pathlib import Path

import pytest

from tears.alerter.errors import AlertsFileError
from tears.alerter.receivers.configured import receivers_of
from tears.alerter.settings import AlerterSettings
from tears.kit.clock import SystemClock

# Apprise loads modules of the standard library that a newer Python drops.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

FILE = """
[[receivers]]
name = "mum"
urls = "json://127.0.0.1/mum"
"""


def names(rules: Path) -> list[str]:
    settings = AlerterSettings(rules=str(rules), notify=("json://127.0.0.1/house",))
    return list(receivers_of(settings, SystemClock()).services)


def test_until_the_page_has_written_the_file_the_urls_say_who_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "alerts.toml"
    before = names(file)
    assert f"{file} does not exist yet; until it does, TEARS_ALERTER_NOTIFY says who is told" in caplog.text
    file.write_text(FILE)
    assert names(file) == ["mum"] != before


def test_a_file_that_is_there_and_faulty_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "alerts.toml"
    file.write_text("nonsense")
    with pytest.raises(AlertsFileError):
        names(file)
