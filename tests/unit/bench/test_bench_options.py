from pathlib import Path

from bench.bench_options import BenchOptions
from bench.pipeline.scope import FULL, QUICK
from bench.pipeline.source_tree import CHECKOUT_ROOT


def test_a_quick_look_at_everything_is_the_default(tmp_path: Path) -> None:
    options = BenchOptions.parse([])
    assert (options.scope, options.is_only_pipeline, options.results) == (QUICK, False, None)
    with options.sources(tmp_path) as (tree,):
        assert tree.root == CHECKOUT_ROOT


def test_everything_can_be_measured_beside_other_sources_and_written_to_a_page() -> None:
    options = BenchOptions.parse(["--full", "--base", "abc", "--results", "page.md"])
    assert (options.scope, options.base, options.results) == (FULL, "abc", Path("page.md"))
