"""The options of `python -m bench`, and the sources that they name."""

import argparse
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from bench.pipeline.scope import FULL, QUICK, BenchScope
from bench.pipeline.source_tree import SourceTree, earlier_sources, last_release, this_checkout

LAST_RELEASE = "release"


@dataclass(frozen=True)
class BenchOptions:
    """What to measure, what to compare it with, and where to write it."""

    scope: BenchScope
    base: str
    is_only_pipeline: bool
    results: Path | None

    @classmethod
    def parse(cls, arguments: list[str] | None = None) -> Self:
        """Return the options of the command line; exit with a message if they are wrong."""
        parser = argparse.ArgumentParser(prog="python -m bench", description="Compare speed and memory with limits.")
        parser.add_argument("--full", action="store_true", help="all numbers of rooms and replicas")
        parser.add_argument(
            "--base", default="", help=f"a commit to compare with, or `{LAST_RELEASE}` for the last release"
        )
        parser.add_argument("--only-pipeline", action="store_true", help="leave out what is not the pipeline or sox")
        parser.add_argument("--results", type=Path, help="write this page")
        asked = parser.parse_args(arguments)
        return cls(FULL if asked.full else QUICK, asked.base, asked.only_pipeline, asked.results)

    @contextlib.contextmanager
    def sources(self, folder: Path) -> Iterator[list[SourceTree]]:
        """Yield the sources to measure, those of today last; earlier ones are below `folder` during the block."""
        if not self.base:
            yield [this_checkout()]
            return
        commit, name = last_release() if self.base == LAST_RELEASE else (self.base, self.base)
        with earlier_sources(commit, name, folder) as earlier:
            yield [earlier, this_checkout()]
