"""Compiles the .proto files into `src/` whenever the package is built, or installed in editable mode.

Generated code is not committed: code from one release of protoc does not load with an older protobuf, so it is made
where it is installed.
"""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ProtocBuildHook(BuildHookInterface):
    """Runs protoc over every .proto file of this package."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write `*_pb2.py` and `*_pb2.pyi` below `src/`.

        Raises:
            RuntimeError: protoc refused a file; its own message is printed above.
        """
        from grpc_tools import protoc  # only the build environment has it

        root = Path(self.root)
        well_known = Path(protoc.__file__).parent / "_proto"
        sources = sorted(str(path.relative_to(root)) for path in root.glob("tears/**/*.proto"))
        target = root / "src"
        target.mkdir(exist_ok=True)
        arguments = ["protoc", f"-I{root}", f"-I{well_known}", f"--python_out={target}", f"--pyi_out={target}"]
        if protoc.main([*arguments, *sources]) != 0:
            raise RuntimeError(f"protoc could not compile {', '.join(sources)}")
