"""The tree answers "where is X?": one definition of each name, small folders, short modules."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.places import ROOT

# The folders with sources, from the root. Tests have helpers and fixtures of the same name in several packages.
SOURCES = ("bench", "cli", "clients", "docs", "k8s", "libs", "own_data", "protos", "samples", "services", "trainer")
MOST_LINES = 300
MOST_MODULES = 12


def modules(*folders: str) -> list[Path]:
    """Return the modules below these folders, without generated ones."""
    found = (path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return sorted(path for path in found if not path.stem.endswith("_pb2"))


def defined_names(path: Path) -> Iterator[str]:
    """Yield what a module defines: each of its classes, and the names in capitals at its top level."""
    tree = ast.parse(path.read_text())
    yield from (node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
    for statement in tree.body:
        targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
        yield from (target.id for target in targets if isinstance(target, ast.Name) and target.id.isupper())


def repeated(paths: list[Path]) -> dict[str, list[str]]:
    """Return each name that is defined more than once, with its modules."""
    places = defaultdict(list)
    for path in paths:
        for name in defined_names(path):
            places[name].append(path.as_posix())
    return {name: found for name, found in places.items() if len(found) > 1}


def test_no_class_and_no_constant_is_defined_twice() -> None:
    assert repeated(modules(*SOURCES)) == {}


def test_a_name_that_is_defined_twice_is_found(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text("class Room: ...\nLIMIT = 1\nhidden = 1\n")
    (tmp_path / "two.py").write_text("def f():\n    class Room: ...\nLIMIT: int = 2\nhidden = 2\n")
    assert set(repeated(sorted(tmp_path.glob("*.py")))) == {"Room", "LIMIT"}


def test_no_module_is_long() -> None:
    lines = {path.relative_to(ROOT).as_posix(): path.read_text().count("\n") for path in modules(*SOURCES, "tests")}
    assert {path: count for path, count in lines.items() if count > MOST_LINES} == {}


@pytest.mark.parametrize("part", [*SOURCES, "tests"])
def test_no_folder_holds_many_modules(part: str) -> None:
    counts: dict[str, int] = defaultdict(int)
    for path in modules(part):
        counts[path.parent.relative_to(ROOT).as_posix()] += path.name != "__init__.py"
    assert {folder: count for folder, count in counts.items() if count > MOST_MODULES} == {}
