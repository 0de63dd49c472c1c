"""Write docs/settings.md from the settings classes of the services: `make docs`."""

from pathlib import Path

from tears.alerter.settings import AlerterSettings
from tears.classifier.settings import ClassifierSettings
from tears.journal.settings import JournalSettings
from tears.kit.settings import ServiceSettings, Setting, describe_settings
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
space. `make docs` writes this page from the settings classes.
"""


def render() -> str:
    """Return the page as Markdown."""
    shared = describe_settings(ServiceSettings)[:-1]  # the probe port is each service's own
    shared_variables = {one.variable for one in shared}
    parts = [SETTINGS_HEAD, "## Shared by all", _table(shared)]
    for name, settings in SERVICES:
        own = [one for one in describe_settings(settings) if one.variable not in shared_variables]
        parts += [f"## {name}", _table(own)]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _table(rows: list[Setting]) -> str:
    lines = ["| variable | accepts | default | what it does |", "|---|---|---|---|"]
    for row in rows:
        default = "the hostname" if row.variable == "TEARS_HOST" else f"`{row.default}`" if row.default else "none"
        accepts = row.accepts.replace("|", "\\|")
        lines.append(f"| `{row.variable}` | {accepts} | {default} | {row.description} |")
    return "\n".join(lines)


if __name__ == "__main__":
    PAGE.write_text(render())
