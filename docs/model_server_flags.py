"""Write the table of flags in services/model_server/README.md from the flags' declarations: `make docs`."""

from pathlib import Path

from tears.model_server.command.flag_types import ServerFlag
from tears.model_server.command.server_flags import DECLARED_FLAGS, IGNORED_FLAGS

README = Path(__file__).parents[1] / "services" / "model_server" / "README.md"
BEGIN = "<!-- `make docs` writes the flags from here -->\n"
END = "<!-- to here -->\n"


def render() -> str:
    """Return the table of the flags and the list of the flags that are accepted and ignored."""
    lines = ["| flag | default | |", "|---|---|---|"]
    for name, declared in DECLARED_FLAGS.items():
        older = f"; once `--{declared.older_name}`" if declared.older_name else ""
        lines.append(f"| `--{name}` | {_default(declared)} | {declared.help}{older} |")
    lines.append("| `--version`, `--help` | | print and exit |")
    ignored = [f"- `--{name}`: {reason}" for name, reason in IGNORED_FLAGS.items()]
    return (
        "\n".join([*lines, "", "These are accepted and change nothing, which one log line says:", "", *ignored]) + "\n"
    )


def written_into(page: str) -> str:
    """Return the page with its generated part replaced."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + BEGIN + render() + END + after


def _default(declared: ServerFlag) -> str:
    if declared.is_switch:
        return "on" if declared.default else "off"
    return "" if declared.default in (None, "") else f"`{declared.default}`"


if __name__ == "__main__":
    README.write_text(written_into(README.read_text()))
