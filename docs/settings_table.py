"""Writes docs/settings.md from the services' settings classes: `make docs`."""

from __future__ import annotations

from pathlib import Path

from tears.alerter.settings import AlerterSettings
from tears.classifier.settings import ClassifierSettings
from tears.kit.settings import ServiceSettings, Setting, describe_settings
from tears.preprocessor.settings import PreprocessorSettings
from tears.recorder.settings import RecorderSettings

PAGE = Path(__file__).with_name("settings.md")
SERVICES: tuple[tuple[str, type[ServiceSettings]], ...] = (
    ("recorder", RecorderSettings),
    ("preprocessor", PreprocessorSettings),
    ("classifier", ClassifierSettings),
    ("alerter", AlerterSettings),
)
HEAD = """# Settings

Every service reads its settings once, at its start, from environment variables. A value that is out of range stops the
service with a line that names the variable and what it accepts. Lists are written with white space between their items.
This page is written by `make docs` from the classes themselves.
"""


def render() -> str:
    """The page."""
    shared = describe_settings(ServiceSettings)[:-1]  # the probe port is each service's own
    shared_variables = {one.variable for one in shared}
    parts = [HEAD, "## Shared by all", _table(shared)]
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
