import re
import subprocess
from pathlib import Path

import pytest

from tears.trainer.corpus.__main__ import main
from tears.trainer.corpus.packages import PACKAGE_COLUMNS, PACKAGES, Package, fetch, read_packages, require_programs
from tears.trainer.errors import CorpusError, PackageError

HEADER = ",".join(PACKAGE_COLUMNS)
SET_APART = [
    "supertuxkart-data",
    "fretsonfire-songs-sectoid",
    "unknown-horizons",
    "ktuberling-data",
    "asterisk-core-sounds-es-wav",
    "asterisk-core-sounds-fr",
    "asterisk-core-sounds-it-g722",
    "asterisk-prompt-it-menardi-wav",
]


def _written(folder: Path, *lines: str) -> Path:
    path = folder / "packages.csv"
    path.write_text("\n".join((HEADER, *lines)) + "\n")
    return path


def test_the_list_names_each_package_once_with_kind_and_licence() -> None:
    packages = read_packages(PACKAGES)

    assert len({package.name for package in packages}) == len(packages) > 50
    assert all(package.licence and package.version for package in packages)
    assert {package.kind for package in packages} >= {"speech", "music", "effects", "animals", "mixed"}


def test_a_line_gives_limit_rate_and_what_to_leave_out(tmp_path: Path) -> None:
    (package,) = read_packages(_written(tmp_path, "voices,1.0,speech,GPL-2,40,8000,*/tones/* *.tmp.wav"))

    assert package == Package("voices", "1.0", "speech", "GPL-2", 40, 8000, ("*/tones/*", "*.tmp.wav"))
    assert package.leaves_out("usr/share/tones/a.wav")
    assert not package.leaves_out("usr/share/words/a.wav")


@pytest.mark.parametrize("name", SET_APART)
def test_a_package_that_is_set_apart_is_refused_by_name_with_the_reason(name: str, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=rf"{re.escape(name)} is set apart: .* flattered"):
        read_packages(_written(tmp_path, f"{name},1.0,mixed,GPL-2,,,"))
    with pytest.raises(CorpusError, match="set apart"):
        fetch(Package(name, "1.0", "mixed", "GPL-2"), tmp_path)


def test_the_command_writes_nothing_when_the_list_names_a_package_set_apart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    packages = _written(tmp_path, "supertuxkart-data,1.0,effects,GPL-2,,,")

    assert main(["--out", str(tmp_path / "out"), "--packages", str(packages)]) == 1
    assert "supertuxkart-data is set apart" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("sounds,1.0,noises,GPL-2,,,", "sounds is of kind 'noises'; known: speech, music"),
        ("sounds,1.0,music,GPL-2,many,,", "sounds: limit is 'many'; wanted a whole number"),
        ("sounds,1.0,music,GPL-2,,0,", "sounds: raw_rate_hz is '0'; wanted a whole number"),
        (",1.0,music,GPL-2,,,", "a line without a name"),
        ("sounds,1.0", "lacks the columns kind"),
    ],
)
def test_a_malformed_line_is_named_with_what_is_wanted(line: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=message):
        read_packages(_written(tmp_path, line))


def test_a_missing_list_is_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"none\.csv cannot be read .* --packages"):
        read_packages(tmp_path / "none.csv")


def test_a_package_that_is_in_the_folder_is_not_fetched_again(tmp_path: Path) -> None:
    deb = tmp_path / "sounds_1.0_all.deb"
    deb.touch()

    assert fetch(Package("sounds", "1.0", "music", "GPL-2"), tmp_path) == deb


def test_a_package_that_apt_does_not_know_is_named_with_what_apt_says(tmp_path: Path) -> None:
    with pytest.raises(PackageError, match=r"sounds cannot be fetched: Unable to locate package sounds\. Run apt-get"):
        fetch(Package("sounds", "1.0", "music", "GPL-2"), tmp_path)


def test_if_the_listed_version_is_gone_the_current_one_is_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def apt(command: list[str], *, cwd: Path, **_: object) -> subprocess.CompletedProcess[str]:
        if command[-1] == "sounds":
            (cwd / "sounds_2.0_all.deb").touch()
            return subprocess.CompletedProcess(command, 0, "", "")
        return subprocess.CompletedProcess(command, 100, "", "E: Version '1.0' for 'sounds' was not found")

    monkeypatch.setattr(subprocess, "run", apt)

    assert fetch(Package("sounds", "1.0", "music", "GPL-2"), tmp_path).name == "sounds_2.0_all.deb"


def test_without_apt_the_error_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(CorpusError, match=r"apt-get and dpkg-deb not found: .* Run this on Debian"):
        require_programs()
