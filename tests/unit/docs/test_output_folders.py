"""The files that the commands on our pages write do not mix with the sources, even in a checkout."""

import re

import pytest
from support.places import ROOT

OUTPUT = re.compile(r"--(?:out|train_dir|data_dir)[ =](?:\./)?([A-Za-z][\w.-]*)")
PAGES = sorted([*(ROOT / "docs").glob("*.md"), ROOT / "README.md"])
WRITTEN = sorted({name for page in PAGES for name in OUTPUT.findall(page.read_text())})


def test_the_pages_write_something() -> None:
    assert {"clips", "recordings", "training"} <= set(WRITTEN)


@pytest.mark.parametrize("name", WRITTEN)
def test_a_folder_or_file_that_a_page_writes_is_ignored(name: str) -> None:
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert {f"/{name}/", f"/{name}"} & set(ignored), f"{name} is not in .gitignore"


@pytest.mark.parametrize("name", WRITTEN)
def test_no_package_has_the_name_of_what_a_page_writes(name: str) -> None:
    assert name not in {path.relative_to(ROOT).parts[0] for path in ROOT.glob("*/pyproject.toml")}
