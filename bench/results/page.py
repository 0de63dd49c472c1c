"""Write the page of results."""

from collections.abc import Sequence
from pathlib import Path

from bench.bench_figure import BenchFigure
from bench.bench_table import BenchTable, words_of
from bench.results.machine import Machine

_PAGE_HEAD = """# Results

Written by `make bench-results`; [README.md](README.md) explains the tables. Machine: {machine}

"""


def figures_table(figures: Sequence[BenchFigure]) -> BenchTable:
    """Return all figures that have limits, those that miss theirs in bold."""
    rows = []
    for figure in figures:
        sign = "at least" if figure.at_least else "at most"
        verdict = "met" if figure.is_met else "**missed**"
        limit = f"{sign} {figure.limit:g} {figure.unit}".strip()
        rows.append((figure.what, f"{words_of(figure.value)} {figure.unit}".strip(), limit, verdict, figure.note))
    missed = sum(not figure.is_met for figure in figures)
    note = f"{missed} of {len(figures)} miss their limit." if missed else "All limits are met."
    return BenchTable("Figures and their limits", ("what", "measured", "limit", "", "note"), tuple(rows), note)


def write_page(path: Path, machine: Machine, figures: Sequence[BenchFigure], tables: Sequence[BenchTable]) -> None:
    """Write the page, the figures first."""
    sections = [figures_table(figures), *tables]
    path.write_text(_PAGE_HEAD.format(machine=machine.words()) + "\n".join(table.markdown() for table in sections))
