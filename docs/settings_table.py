"""Write docs/settings.md from the settings classes of the services: `make docs`."""

from collections.abc import Mapping
from pathlib import Path

from tears.alerter.settings import AlerterSettings
from tears.classifier.settings import ClassifierSettings
from tears.journal.settings import JournalSettings
from tears.kit.settings import ServiceSettings, Setting, describe_settings
from tears.kit.variables.known_variables import COMMAND_VARIABLES, COMPOSE_VARIABLES, MAKE_VARIABLES, OtherVariable
from tears.preprocessor.settings import PreprocessorSettings
from tears.recorder.settings import RecorderSettings

PAGE = Path(__file__).with_name("settings.md")
SERVICES: tuple[tuple[str, type[ServiceSettings]], ...] = (
    ("recorder", RecorderSettings),
    ("preprocessor", PreprocessorSettings),
    ("classifier", ClassifierSettings),
    ("alerter", AlerterSettings),
    ("journal", JournalSettings),
)
SETTINGS_HEAD = """# Settings

Every service reads its settings from environment variables once, when it starts. If a value is not accepted, the
service stops with a message that names the variable and the accepted values. Separate the items of a list with white
space. White space and quotes around a value mean nothing, and a misspelt variable is named with the setting that was
probably meant. `make docs` writes this page from the settings classes.
"""


def render() -> str:
    """Return the page as Markdown."""
    shared = describe_settings(ServiceSettings)[:-1]  # the probe port is each service's own
    shared_variables = {one.variable for one in shared}
    parts = [SETTINGS_HEAD, "## Shared by all", _table(shared)]
    for name, settings in SERVICES:
        own = [one for one in describe_settings(settings) if one.variable not in shared_variables]
        parts += [f"## {name}", _table(own)]
    others = (
        ("the commands", COMMAND_VARIABLES, "`./tears`, `./tears-train`"),
        ("Docker", COMPOSE_VARIABLES, "`docker compose` reads these from `.env`; no service does"),
        ("make", MAKE_VARIABLES, "Only to build, to train the shipped model, and to test"),
    )
    for name, variables, use in others:
        parts += [f"## {name}", f"{use}.", _other_table(variables)]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _table(rows: list[Setting]) -> str:
    lines = ["| variable | accepts | default | what it does |", "|---|---|---|---|"]
    for row in rows:
        is_words = " " in row.default
        default = row.default if is_words else f"`{row.default}`" if row.default else "none"
        accepts = row.accepts.replace("|", "\\|")
        lines.append(f"| `{row.variable}` | {accepts} | {default} | {row.description} |")
    return "\n".join(lines)


def _other_table(variables: Mapping[str, OtherVariable]) -> str:
    lines = ["| variable | accepts | default | what it does |", "|---|---|---|---|"]
    for variable, row in variables.items():
        lines.append(f"| `{variable}` | {row.accepts} | {row.default} | {row.description} |")
    return "\n".join(lines)


if __name__ == "__main__":
    PAGE.write_text(render())
