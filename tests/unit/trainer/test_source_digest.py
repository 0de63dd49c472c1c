"""The source code that a cache depends on."""

from importlib.resources import files

import pytest

from tears.trainer.evaluation.report.variants import RECIPE_SOURCES
from tears.trainer.source_digest import sources_of

TRAINER = files("tears.trainer")


def test_a_package_counts_with_all_its_modules_and_subpackages() -> None:
    recipe = sources_of("tears.trainer.recipe")

    for module in ("recipe/decision.py", "recipe/network_training.py"):
        assert TRAINER.joinpath(module).read_bytes() in recipe


def test_a_module_counts_alone_and_the_order_of_names_does_not_matter() -> None:
    assert sources_of("tears.trainer.errors") == TRAINER.joinpath("errors.py").read_bytes()
    both = sources_of("tears.trainer.frontend", "tears.trainer.errors")
    assert both == sources_of("tears.trainer.errors", "tears.trainer.frontend")


def test_a_module_that_has_moved_is_an_error_that_names_it() -> None:
    with pytest.raises(ModuleNotFoundError, match=r"tears\.trainer\.gone has moved"):
        sources_of("tears.trainer.gone")


def test_all_sources_of_the_recipe_exist() -> None:
    assert sources_of(*RECIPE_SOURCES)
