"""Write the page of results: bench/RESULTS.md."""

from collections.abc import Sequence
from pathlib import Path

from bench.bench_figure import BenchFigure
from bench.bench_table import BenchTable, words_of
from bench.results.machine import Machine

RESULTS_PATH = Path(__file__).parents[1] / "RESULTS.md"
_PAGE_HEAD = """# Results

Written by `make bench-results`; [README.md](README.md) explains the tables. Machine: {machine}

"""


def figures_table(figures: Sequence[BenchFigure]) -> BenchTable:
    """Return all figures that have limits, those that miss theirs in bold."""
    rows = []
    for one in figures:
        sign = "at least" if one.at_least else "at most"
        verdict = "met" if one.is_met else "**missed**"
        limit = f"{sign} {one.limit:g} {one.unit}".strip()
        rows.append((one.what, f"{words_of(one.value)} {one.unit}".strip(), limit, verdict, one.note))
    missed = sum(not one.is_met for one in figures)
    note = f"{missed} of {len(figures)} miss their limit." if missed else "All limits are met."
    return BenchTable("Figures and their limits", ("what", "measured", "limit", "", "note"), tuple(rows), note)


def write_page(path: Path, machine: Machine, figures: Sequence[BenchFigure], tables: Sequence[BenchTable]) -> None:
    """Write the page, the figures first."""
    sections = [figures_table(figures), *tables]
    path.write_text(_PAGE_HEAD.format(machine=machine.words()) + "\n".join(table.markdown() for table in sections))
