"""The sources whose services are measured: those of this checkout, or of an earlier commit, in a worktree.

Services of an earlier commit run in the environment of this checkout, with their own sources before ours. So what is
compared is our code, and not the releases of the libraries below it. They are started by what does not change from one
release to the next: the names of the modules, the settings and the flags.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

CHECKOUT_ROOT = Path(__file__).parents[2]
_GENERATED_PATTERN = "protos/src/**/*_pb2.py"
# What `tears up` gives its processes; the environment of releases before that module is the other one.
_ASK_ENVIRONMENT = """
import json, os
try:
    from tears.cli.pipeline.child_process import inherited_environment
    environ = inherited_environment()
except ImportError:
    environ = {"MALLOC_ARENA_MAX": "2", **os.environ, "PYTHONUNBUFFERED": "1"}
print(json.dumps(environ))
"""


@dataclass(frozen=True)
class SourceTree:
    """The root of a checkout, and its name in tables."""

    name: str
    root: Path

    @property
    def model_versions(self) -> Path:
        """Return the folder of the versions of the cry model that came with these sources."""
        return self.root / "models" / "cry"

    @property
    def newest_model(self) -> Path:
        """Return the TFLite file that is served."""
        numbers = [int(path.name) for path in self.model_versions.iterdir() if path.name.isdigit()]
        return self.model_versions / str(max(numbers)) / "model.tflite"

    def environment(self) -> Mapping[str, str]:
        """Return the whole environment of a process of this tree, as its own `tears up` would set it."""
        sources = sorted(str(path) for pattern in ("*/src", "*/*/src") for path in self.root.glob(pattern))
        environ = {name: value for name, value in os.environ.items() if not name.startswith("TEARS_")}
        environ["PYTHONPATH"] = os.pathsep.join(sources)
        asked = subprocess.run(
            [sys.executable, "-c", _ASK_ENVIRONMENT], env=environ, capture_output=True, text=True, check=True
        )
        found: dict[str, str] = json.loads(asked.stdout)
        return found


def this_checkout() -> SourceTree:
    """Return the sources that are checked out."""
    return SourceTree("now", CHECKOUT_ROOT)


@contextmanager
def earlier_sources(commit: str, name: str, folder: Path) -> Iterator[SourceTree]:
    """Check an earlier commit out in a worktree below `folder` until the end of the block.

    Raises:
        subprocess.CalledProcessError: git knows no such commit.
    """
    root = folder / "earlier"
    _git("worktree", "add", "--quiet", "--detach", str(root), commit)
    try:
        # protoc makes them when the environment is built. Messages only grow, so those of today suit earlier sources.
        for generated in CHECKOUT_ROOT.glob(_GENERATED_PATTERN):
            target = root / generated.relative_to(CHECKOUT_ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(generated, target)
        yield SourceTree(name, root)
    finally:
        _git("worktree", "remove", "--force", str(root))


def last_release() -> tuple[str, str]:
    """Return the commit and the number of the last release: the one that gave it its heading in the changelog."""
    heading = newest_release_heading((CHECKOUT_ROOT / "CHANGELOG.md").read_text())
    commits = _git("log", "--reverse", "--format=%H", f"-S{heading}", "--", "CHANGELOG.md")
    return commits.split()[0], heading.split()[1]


def newest_release_heading(changelog: str) -> str:
    """Return the first heading with a date, `## 1.2.3 - 2026-01-31`, of a changelog: that of the last release."""
    return next(line for line in changelog.splitlines() if line.startswith("## ") and " - " in line)


def _git(*arguments: str) -> str:
    command = [shutil.which("git") or "git", "-C", str(CHECKOUT_ROOT), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
