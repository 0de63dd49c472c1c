"""docs/settings.md is up to date."""

import importlib.util
from types import ModuleType

from support.places import ROOT

DOCS = ROOT / "docs"


def load_generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("settings_table", DOCS / "settings_table.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_settings_page_matches_the_settings_classes() -> None:
    assert (DOCS / "settings.md").read_text() == load_generator().render(), "run `make docs`"
