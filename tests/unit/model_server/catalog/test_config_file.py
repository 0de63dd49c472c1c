"""The configuration file, applied again and again."""

from __future__ import annotations

from pathlib import Path

import pytest
from unit.model_server.fakes import FakeLoader

from tears.model_server.catalog.catalog import Catalog
from tears.model_server.catalog.config_file import ConfigFile
from tears.model_server.catalog.model import Model

ONE = 'config {{ name: "{name}" base_path: "{root}/{name}" model_platform: "tensorflow" }}'


class Desk:
    """A catalog that follows a file."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.path = root / "models.config"
        self.catalog = Catalog(make_model=lambda settings: Model(settings.name, settings.base_path, FakeLoader()))
        self.file = ConfigFile(self.path, self.catalog)

    def write_and_look(self, *names: str) -> None:
        self.path.write_text(
            "model_config_list {" + "".join(ONE.format(name=name, root=self.root) for name in names) + "}"
        )
        self.file.apply()

    def served(self) -> list[str]:
        return [model.name for model in self.catalog.models if model.is_available]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    for name in ("cry", "bark"):
        (tmp_path / name / "1").mkdir(parents=True)
    return Desk(tmp_path)


def test_the_models_in_the_file_are_served(desk: Desk) -> None:
    desk.write_and_look("cry")
    assert desk.served() == ["cry"]
    desk.write_and_look("bark")
    assert desk.served() == ["bark"]


def test_a_bad_file_changes_nothing_and_is_logged_once(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    desk.write_and_look("cry")
    desk.path.write_text("model_config_list {")
    desk.file.apply()
    desk.file.apply()
    assert desk.served() == ["cry"]
    (message,) = [record.message for record in caplog.records if record.levelname == "ERROR"]
    assert message.startswith(
        f"{desk.path} is not in effect; the previous configuration stays: Error parsing text-format "
    )
    desk.write_and_look("cry", "bark")
    assert desk.served() == ["cry", "bark"]


def test_a_file_that_vanishes_changes_nothing(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    desk.write_and_look("cry")
    desk.path.unlink()
    desk.file.apply()
    assert desk.served() == ["cry"]
    assert "cannot be read: No such file or directory" in caplog.text


def test_a_file_that_names_a_model_without_versions_is_in_effect_and_says_what_is_missing(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.write_and_look("cry", "door")
    assert desk.served() == ["cry"]
    assert f"{desk.path} is in effect, but 1 model(s) did not become available: " in caplog.text


def test_the_file_overrides_what_was_configured_since(desk: Desk) -> None:
    desk.write_and_look("cry")
    other = Desk(desk.root / "cry" / "..")
    other.path = desk.root / "other.config"
    other.file = ConfigFile(other.path, desk.catalog)
    other.write_and_look("bark")
    assert desk.served() == ["bark"]
    desk.file.apply()
    assert desk.served() == ["cry"]
