"""Everything that the how-to pages and the systemd units name exists."""

import configparser
import re
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
from support.places import ROOT

from tears.cli.__main__ import main
from tears.cli.lazy_group import LazyGroup
from tears.journal.recordings.file_names import recorded_path
from tears.journal.recordings.folder import LOCK_NAME

SYSTEMD = ROOT / "docs" / "systemd"
NAMES = ("howto-record.md", "howto-own-nursery.md", "howto-without-containers.md")
PAGES = [*(ROOT / "docs" / name for name in NAMES), *sorted(SYSTEMD.iterdir())]
OUR_READMES = [
    path
    for folder in ("cli", "clients", "libs", "own_data", "protos", "samples", "services", "trainer")
    for path in (ROOT / folder).rglob("README.md")
]
UNITS = sorted(SYSTEMD.glob("*.service"))

# The command, as every page writes it; a systemd unit, whose user may set up nothing, names the program behind it.
_COMMAND = re.compile(r"(?:\./|\.venv/bin/)tears ([a-z]+)((?: +[^`\s#]+)*)", re.MULTILINE)
_VARIABLE = re.compile(r"\bTEARS_[A-Z_]+\b")
_TARGET = re.compile(r"(?:^ +|`|&& )make ([a-z-]+)", re.MULTILINE)


def command_of(*names: str) -> click.Command:
    """Import a command by the names that lead to it."""
    command: click.Command = main
    for name in names:
        assert isinstance(command, LazyGroup)
        found = command.get_command(click.Context(command), name)
        assert found is not None, f"tears {' '.join(names)}"
        command = found
    return command


def words_of(path: Path) -> str:
    """Return the page, with the line break in a quotation removed."""
    return re.sub(r"`\./tears\n([a-z]+)`", r"`./tears \1`", path.read_text())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_variable_that_a_page_names_is_a_setting(page: Path) -> None:
    settings = set(_VARIABLE.findall((ROOT / "docs" / "settings.md").read_text()))
    # A page says "a line that names a `TEARS_` variable"; and the command itself reads TEARS_MODEL_DIR.
    assert set(_VARIABLE.findall(page.read_text())) - settings - {"TEARS_", "TEARS_MODEL_DIR"} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_and_option_that_a_page_names_exists(page: Path) -> None:
    for name, arguments in _COMMAND.findall(words_of(page)):
        command = command_of(name)
        if isinstance(command, click.Group):
            command = command_of(name, arguments.split()[0])
        known = {option for one in command.params for option in one.opts if isinstance(one, click.Option)}
        assert {word for word in arguments.split() if word.startswith("--")} <= known, f"tears {name}{arguments}"


@pytest.mark.parametrize("page", [*OUR_READMES, *sorted((ROOT / "docs").glob("*.md"))], ids=str)
def test_every_page_calls_our_commands_by_the_name_that_works_in_a_fresh_shell(page: Path) -> None:
    text = page.read_text()
    assert "uv run" not in text
    assert "uv sync" not in text
    assert re.findall(r"(?:^ +|`|bin/)tears(?:-train|-model-server)? .*", text, re.MULTILINE) == []


@pytest.mark.parametrize("name", ["howto-docker.md", "howto-k3s.md"])
def test_a_page_about_containers_names_the_folder_into_which_models_are_installed(name: str) -> None:
    page = (ROOT / "docs" / name).read_text().partition("## A model of your own")[2].partition("## ")[0]
    assert ".local/share/tears/models/cry" in page


def test_the_pages_name_commands() -> None:
    named = {name for page in PAGES for name, _ in _COMMAND.findall(words_of(page))}
    assert {"up", "record", "replay", "devices", "label", "slice", "dataset", "model"} <= named


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_make_target_that_a_page_names_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(_TARGET.findall(page.read_text())) <= targets


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_of_the_project_that_a_page_names_exists(page: Path) -> None:
    for path in re.findall(r"\b(docs/[a-z./-]+[a-z])", page.read_text()):
        assert (ROOT / path).exists(), path
    for path in re.findall(r"\]\(([a-z./-]+)\)", page.read_text()):
        assert (page.parent / path).exists(), path


def test_the_options_of_recording_are_on_its_page() -> None:
    page = (ROOT / "docs" / "howto-record.md").read_text()
    options = {option for one in command_of("record").params for option in one.opts}
    assert {option for option in options if option not in page} == set()


def test_the_options_of_labelling_and_slicing_are_on_their_page() -> None:
    page = (ROOT / "docs" / "howto-own-nursery.md").read_text()
    for name in ("label", "slice"):
        options = {option for one in command_of(name).params for option in one.opts if option.startswith("--")}
        assert {option for option in options if option not in page} <= {"--rest-clips"}  # its help is enough


def test_the_file_name_on_the_page_is_one_that_recordings_get() -> None:
    page = (ROOT / "docs" / "howto-record.md").read_text()
    path = recorded_path(
        mic="nursery",
        session="5f3a09c1d2e4",
        first_sample=1_440_000,
        end_sample=2_880_000,
        begins_at_seconds=1_795_403_655.0,
    )
    assert f"recordings/{path}\n" in page


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_runs_one_of_our_commands_as_a_user_with_few_rights(unit: Path) -> None:
    # A key may occur twice; the parser keeps the last one, which is enough here.
    parser = configparser.RawConfigParser(strict=False, comment_prefixes=("#",), delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(unit)
    assert parser.sections() == ["Unit", "Service", "Install"]
    service = parser["Service"]
    command = service["ExecStart"].split()
    assert command[0] == "/opt/tears/.venv/bin/tears"
    command_of(command[1])
    expected = {
        "User": "tears",
        "Restart": "always",
        "EnvironmentFile": "/etc/tears.env",
        "NoNewPrivileges": "yes",
        "CapabilityBoundingSet": "",
        "ProtectSystem": "strict",
        "ProtectHome": "yes",
    }
    assert {key: service[key] for key in expected} == expected
    # It writes only into its own folder.
    assert f"%S/{service['StateDirectory']}" in unit.read_text()


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_no_unit_may_swap_so_that_no_sound_gets_onto_a_disk(unit: Path) -> None:
    assert "\nMemorySwapMax=0\n" in unit.read_text()


def test_the_service_may_open_a_microphone_and_no_other_device() -> None:
    text = (SYSTEMD / "tears.service").read_text()
    assert "\nSupplementaryGroups=audio\n" in text
    assert "\nDevicePolicy=closed\nDeviceAllow=char-alsa rw\n" in text
    assert "\nPrivateDevices=" not in text


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_understands_every_line_of_a_unit(unit: Path, tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        keys = re.findall(r"^([^#\s\[][^=]*)=", unit.read_text(), re.MULTILINE)
        assert all(re.fullmatch(r"[A-Z][A-Za-z]+", key) for key in keys)
        return
    copy = tmp_path / unit.name
    tears = Path(sys.executable).with_name("tears")
    text = unit.read_text().replace("/opt/tears/.venv/bin/tears", str(tears)).replace("/opt/tears", str(ROOT))
    copy.write_text(text)
    result = subprocess.run([program, "verify", copy], capture_output=True, text=True, check=False, timeout=60)
    # Other units of the machine may have faults of their own.
    ours = [line for line in result.stderr.splitlines() if unit.name in line]
    assert ours == []


def test_the_lock_file_is_hidden_from_a_search_for_recordings() -> None:
    assert LOCK_NAME.startswith(".")


BLANK_CARD = [ROOT / "docs" / f"howto-{name}.md" for name in ("docker", "k3s", "without-containers")]


def commands_on(page: Path) -> list[str]:
    """Return the lines of a page that a reader types."""
    return [line.strip() for line in page.read_text().splitlines() if line.startswith("    ")]


@pytest.mark.parametrize("page", BLANK_CARD, ids=lambda page: page.name)
def test_a_page_for_a_blank_card_can_be_followed_word_for_word(page: Path) -> None:
    lines = commands_on(page)
    # Nothing is left for the reader to replace, and the checkout is there before it is used.
    assert [line for line in lines if re.search(r"\b(?:THE-[A-Z-]+|REPOSITORY|PREPROCESSOR)\b", line)] == []
    clones = [at for at, line in enumerate(lines) if line.startswith("git clone ")]
    uses = [at for at, line in enumerate(lines) if re.match(r"make |docker compose (?!version)|kubectl apply", line)]
    assert len(clones) == 1
    assert clones[0] < min(uses)
    # A line that appends to a file of the system does so once, however often it is run.
    appending = [at for at, line in enumerate(lines) if re.search(r"sed -i '1s/\$/", line)]
    assert all("grep -q" in lines[at - 1] for at in appending)


def test_on_the_page_about_k3s_kubectl_is_a_command_before_it_is_used() -> None:
    lines = commands_on(ROOT / "docs" / "howto-k3s.md")
    alias = lines.index("alias kubectl='sudo k3s kubectl'")
    assert alias < min(at for at, line in enumerate(lines) if line.startswith("kubectl "))
