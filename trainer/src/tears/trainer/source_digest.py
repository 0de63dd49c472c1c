"""The source code that a cached file was made by, so that a change in the code makes the cache stale."""

import importlib.util
from pathlib import Path


def sources_of(*names: str) -> bytes:
    """Return the source of modules and of whole packages, in the order of their names and paths.

    Args:
        names: Full names. Of a package, every module in it and in its subpackages counts.

    Raises:
        ModuleNotFoundError: There is no such module or package.
    """
    return b"".join(path.read_bytes() for name in sorted(names) for path in _files(name))


def _files(name: str) -> list[Path]:
    # The module is found, but not imported: some modules need TensorFlow.
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"{name} has moved: correct the list of sources that a cache depends on")
    path = Path(spec.origin)
    return sorted(path.parent.rglob("*.py")) if spec.submodule_search_locations else [path]
