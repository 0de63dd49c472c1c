"""containers/serve: which versions a model server in a container serves, with a volume for taught ones."""

import subprocess
from pathlib import Path

import pytest
from support.places import ROOT


class Machine:
    """An image with shipped versions, and a volume."""

    def __init__(self, folder: Path) -> None:
        self.shipped = folder / "image" / "cry"
        self.volume = folder / "volume"
        self.volume.mkdir()
        self.said = ""

    def ship(self, version: int, model: str = "") -> None:
        (self.shipped / str(version)).mkdir(parents=True, exist_ok=True)
        (self.shipped / str(version) / "model.tflite").write_text(model or f"shipped {version}")

    def teach(self, version: int) -> Path:
        taught = self.volume / "cry" / str(version)
        taught.mkdir()
        return taught

    def served(self, *, with_volume: bool = True, own_folder: str = "") -> list[str]:
        """Start, and return the versions in the folder that would be served."""
        environ = {"PATH": "/usr/bin:/bin", "MODEL_NAME": "cry", "MODEL_BASE_PATH": str(self.shipped.parent)}
        environ["TEARS_MODEL_DIR"] = own_folder
        if with_volume:
            environ["TAUGHT_MODELS"] = str(self.volume)
        command = [str(ROOT / "containers" / "serve"), "sh", "-c", 'echo "$MODEL_BASE_PATH"']
        run = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
        self.said = run.stderr
        self.base = Path(run.stdout.strip())
        return sorted(path.name for path in (self.base / "cry").glob("[0-9]*"))


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    found = Machine(tmp_path)
    found.ship(1)
    return found


def test_without_a_volume_the_shipped_versions_are_served(machine: Machine) -> None:
    assert machine.served(with_volume=False) == ["1"]
    assert machine.base == machine.shipped.parent


def test_with_a_folder_of_ones_own_the_volume_is_not_used(machine: Machine) -> None:
    assert machine.served(own_folder="/home/YOU/models") == ["1"]
    assert machine.base == machine.shipped.parent


def test_the_first_start_copies_the_shipped_version_to_where_the_journal_adds_taught_ones(machine: Machine) -> None:
    assert machine.served() == ["1"]
    assert machine.base == machine.volume
    assert (machine.volume / "cry" / "1" / "model.tflite").read_text() == "shipped 1"
    machine.teach(2)
    assert machine.served() == ["1", "2"]


def test_a_version_of_an_update_is_served_unless_a_taught_one_is_in_use(machine: Machine) -> None:
    machine.served()
    taught = machine.teach(2)
    machine.ship(3)
    assert machine.served() == ["1", "2"]
    taught.rmdir()  # The parents have gone back.
    assert machine.served() == ["1", "3"]


def test_a_new_model_under_the_number_of_the_old_one_is_served(machine: Machine) -> None:
    machine.served()
    taught = machine.teach(2)
    machine.ship(1, "another model")
    served = machine.volume / "cry" / "1" / "model.tflite"
    assert machine.served() == ["1", "2"]
    assert served.read_text() == "shipped 1"
    taught.rmdir()  # The parents have gone back.
    assert machine.served() == ["1"]
    assert served.read_text() == "another model"


def test_a_power_cut_before_a_copy_was_noted_keeps_no_update_away(machine: Machine) -> None:
    machine.served()
    (machine.volume / "cry" / ".copied").unlink()
    machine.ship(3)
    assert machine.served() == ["1", "3"]


def test_a_shipped_version_that_was_taken_out_of_use_does_not_come_back(machine: Machine) -> None:
    machine.ship(2)
    machine.served()
    (machine.volume / "cry" / "2").rename(machine.volume / "retired")
    assert machine.served() == ["1"]


def test_with_a_volume_that_cannot_be_written_the_shipped_versions_are_served(machine: Machine) -> None:
    machine.volume = Path("/proc/no-volume")
    assert machine.served() == ["1"]
    assert machine.base == machine.shipped.parent
    assert "is the disk full?" in machine.said
