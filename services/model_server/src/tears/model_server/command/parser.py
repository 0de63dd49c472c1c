"""Read the command line into `ServerFlags`."""

import argparse
import difflib
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, Final, NoReturn

from tears.model_server.command.server_flags import DECLARED_FLAGS, IGNORED_FLAGS, ServerFlags

PROGRAM: Final = "tears-model-server"
DEFAULT_MODELS_FOLDER: Final = "/models"

# How argparse takes a flag that may stand alone.
_SWITCH: Final[Mapping[str, Any]] = {"nargs": "?", "const": True, "metavar": "BOOL"}


def parse_flags(arguments: Sequence[str], environ: Mapping[str, str]) -> ServerFlags:
    """Read `--flag=value`, `--flag value` and, for a flag that is true or false, `--flag` alone.

    As in TF Serving, an unknown flag and a stray argument are only warned about, and a REST port that is also the gRPC
    port is none. As in its image, the variables `MODEL_NAME` and `MODEL_BASE_PATH`, the folder of all models, set
    defaults.

    Raises:
        SystemExit: With status 2 after one line on standard error if a flag has a wrong value; with status 0 after
            `--version` or `--help`.
    """
    parser = _FlagParser(environ)
    given, rest = parser.parse_known_args(arguments)
    warnings = [_about_unknown(argument, parser.options) for argument in rest]
    for name in ("batching_parameters_file", "enable_per_model_batching_parameters"):
        if getattr(given, name) and not given.enable_batching:
            parser.error(f"--{name} is given without --enable_batching; give both or neither")
    if given.rest_api_port == given.port > 0:
        warnings.append(f"--port and --rest_api_port are both {given.port}: there is no REST API; give it another port")
        given.rest_api_port = 0
    if given.use_alts_credentials:
        parser.error("--use_alts_credentials: ALTS is Google's own; --ssl_config_file sets up TLS")
    values = {name: getattr(given, name) for name in DECLARED_FLAGS}
    models_folder = environ.get("MODEL_BASE_PATH") or DEFAULT_MODELS_FOLDER
    values["model_base_path"] = given.model_base_path or Path(models_folder, given.model_name)
    ignored = tuple(name for name in IGNORED_FLAGS if getattr(given, name) is not None)
    return ServerFlags(**values, ignored=ignored, warnings=tuple(warnings))


def _about_unknown(argument: str, options: Sequence[str]) -> str:
    """Return the warning about an argument that means nothing, with the flag that it may stand for."""
    name = argument.partition("=")[0]
    if not name.startswith("-"):
        return f"{name} belongs to no flag, and is ignored"
    nearest = difflib.get_close_matches(name, options, n=1)
    meant = f"; do you mean {nearest[0]}?" if nearest else ""
    return f"unknown flag {name} is ignored{meant}"


class _FlagParser(argparse.ArgumentParser):
    """Knows every flag, and reports an error in one line; argparse would print the whole usage first."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        super().__init__(
            prog=PROGRAM,
            description="Serves models with TF Serving's gRPC and REST API on LiteRT.",
            allow_abbrev=False,
            formatter_class=argparse.ArgumentDefaultsHelpFormatter,
        )
        self.options = ["--help"]
        for name, declared in DECLARED_FLAGS.items():
            options = [f"--{one}" for one in (name, declared.older_name) if one]
            self.add_argument(
                *options,
                type=declared.parse,
                default=environ.get(declared.variable) or declared.default,
                choices=declared.choices or None,
                help=declared.help,
                **(_SWITCH if declared.is_switch else {}),
            )
            self.options += options
        versions = f"{PROGRAM} {metadata.version(PROGRAM)}, LiteRT {metadata.version('ai-edge-litert')}"
        self.add_argument("--version", action="version", version=versions, help="print the versions and exit")
        ignored = self.add_argument_group("flags of TF Serving that are accepted and change nothing here")
        for name, reason in IGNORED_FLAGS.items():
            ignored.add_argument(f"--{name}", nargs="?", const="true", default=argparse.SUPPRESS, help=reason)
        self.set_defaults(**dict.fromkeys(IGNORED_FLAGS))
        self.options += ["--version", *(f"--{name}" for name in IGNORED_FLAGS)]

    def error(self, message: str) -> NoReturn:
        """End the process with status 2."""
        self.exit(2, f"{PROGRAM}: {message}\n")
