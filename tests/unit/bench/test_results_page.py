from pathlib import Path

import pytest

from bench.bench_figure import BenchFigure
from bench.bench_table import BenchTable, words_of
from bench.pipeline.source_tree import newest_release_heading
from bench.results.machine import QUIET_LOAD, Machine, processor_of
from bench.results.page import figures_table, write_page

MACHINE = Machine("Cortex-A72", 4, 3_800, "Debian GNU/Linux 12", "3.11.2", load=QUIET_LOAD)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.0, "0.000"),
        (0.1234, "0.123"),
        (0.999, "1.00"),
        (9.96, "10.0"),
        (12.34, "12.3"),
        (99.6, "100"),
        (1234.5, "1234"),
    ],
)
def test_a_number_has_as_many_digits_as_it_is_worth(value: float, words: str) -> None:
    assert words_of(value) == words


def test_a_figure_that_misses_its_limit_is_named_and_counted() -> None:
    table = figures_table([BenchFigure("cost", 13.0, "ms", 12), BenchFigure("rooms", 170, "rooms", 160, at_least=True)])
    assert table.rows[0] == ("cost", "13.0 ms", "at most 12 ms", "**missed**", "")
    assert table.rows[1] == ("rooms", "170 rooms", "at least 160 rooms", "met", "")
    assert table.note == "1 of 2 miss their limit."


def test_the_page_names_the_machine_and_has_each_table(tmp_path: Path) -> None:
    path = tmp_path / "RESULTS.md"
    write_page(path, MACHINE, [BenchFigure("cost", 11.0, "ms", 12)], [BenchTable("Rooms", ("a", "b"), (("1", "x|y"),))])
    text = path.read_text()
    assert "Cortex-A72, 4 cores, 3800 MiB of memory, Debian GNU/Linux 12, Python 3.11.2" in text
    assert "Other programs" not in text
    assert "All limits are met." in text
    assert "## Rooms\n\n| a | b |\n| --- | --- |\n| 1 | x/y |\n" in text


def test_a_busy_machine_is_named_as_such() -> None:
    busy = Machine("Cortex-A72", 4, 3_800, "Debian GNU/Linux 12", "3.11.2", load=2.0)
    assert "Other programs were running" in busy.words()


def test_a_board_is_named_where_the_kernel_names_no_processor(tmp_path: Path) -> None:
    board = tmp_path / "model"
    board.write_text("Raspberry Pi 4 Model B Rev 1.4\0")
    assert processor_of("processor : 0\nBogoMIPS : 108.00\n", board) == "Raspberry Pi 4 Model B Rev 1.4"
    assert processor_of("model name\t: AMD EPYC\n", board) == "AMD EPYC"


def test_the_last_release_is_the_first_heading_with_a_date() -> None:
    changelog = "# Changelog\n\n## Unreleased\n\n- A - B\n\n## 0.2.0 - 2027-01-02\n\n## 0.1.0 - 2026-11-29\n"
    assert newest_release_heading(changelog) == "## 0.2.0 - 2027-01-02"
