"""The configuration file, applied again and again."""

from pathlib import Path

import pytest
from unit.model_server.fakes import FakeLoader

from tears.model_server.catalog.catalog import Catalog
from tears.model_server.catalog.config_file import ConfigFile
from tears.model_server.catalog.model import Model

ONE = 'config {{ name: "{name}" base_path: "{root}/{name}" model_platform: "tensorflow" }}'


class FollowedFile:
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
def followed(tmp_path: Path) -> FollowedFile:
    for name in ("cry", "bark"):
        (tmp_path / name / "1").mkdir(parents=True)
    return FollowedFile(tmp_path)


def test_the_models_in_the_file_are_served(followed: FollowedFile) -> None:
    followed.write_and_look("cry")
    assert followed.served() == ["cry"]
    followed.write_and_look("bark")
    assert followed.served() == ["bark"]


def test_a_bad_file_changes_nothing_and_is_logged_once(
    followed: FollowedFile, caplog: pytest.LogCaptureFixture
) -> None:
    followed.write_and_look("cry")
    followed.path.write_text("model_config_list {")
    followed.file.apply()
    followed.file.apply()
    assert followed.served() == ["cry"]
    (message,) = [record.message for record in caplog.records if record.levelname == "ERROR"]
    assert message.startswith(
        f"{followed.path} is not in effect; the previous configuration stays: Error parsing text-format "
    )
    followed.write_and_look("cry", "bark")
    assert followed.served() == ["cry", "bark"]


def test_a_file_that_vanishes_changes_nothing(followed: FollowedFile, caplog: pytest.LogCaptureFixture) -> None:
    followed.write_and_look("cry")
    followed.path.unlink()
    followed.file.apply()
    assert followed.served() == ["cry"]
    assert "cannot be read: No such file or directory" in caplog.text


def test_a_file_that_names_a_model_without_versions_is_in_effect_and_says_what_is_missing(
    followed: FollowedFile, caplog: pytest.LogCaptureFixture
) -> None:
    followed.write_and_look("cry", "door")
    assert followed.served() == ["cry"]
    assert f"{followed.path} is in effect, but 1 model(s) did not become available: " in caplog.text


def test_the_file_overrides_what_was_configured_since(followed: FollowedFile) -> None:
    followed.write_and_look("cry")
    other = FollowedFile(followed.root / "cry" / "..")
    other.path = followed.root / "other.config"
    other.file = ConfigFile(other.path, followed.catalog)
    other.write_and_look("bark")
    assert followed.served() == ["bark"]
    followed.file.apply()
    assert followed.served() == ["cry"]
