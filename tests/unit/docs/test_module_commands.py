"""Every command `python -m tears...` that a page or the Makefile names starts a module that exists."""

import importlib.util
import re
import subprocess

import pytest
from support.places import ROOT

_MODULE = re.compile(r"python3? -m (tears[\w.]*\w)")
_PAGES = subprocess.run(
    ["git", "ls-files", "*.md", "Makefile"],  # noqa: S607 - found by PATH
    cwd=ROOT,
    capture_output=True,
    text=True,
    check=True,
).stdout.split()
_NAMED = sorted({name for page in _PAGES for name in _MODULE.findall((ROOT / page).read_text())})


def test_the_pages_name_modules() -> None:
    assert {"tears.recorder", "tears.recorder.device_list"} <= set(_NAMED)


@pytest.mark.parametrize("name", _NAMED)
def test_a_module_that_a_page_starts_exists(name: str) -> None:
    found = importlib.util.find_spec(name)
    assert found is not None
    if found.submodule_search_locations is not None:
        assert importlib.util.find_spec(f"{name}.__main__") is not None
