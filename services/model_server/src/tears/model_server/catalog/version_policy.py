"""Which of the versions that lie in a folder are to be served."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from tears.tfserving.v1.config_pb2 import FileSystemStoragePathSourceConfig

PolicyProto = FileSystemStoragePathSourceConfig.ServableVersionPolicy


@dataclass(frozen=True, slots=True)
class Latest:
    """The newest so many, at least one."""

    count: int = 1

    def choose(self, found: Collection[int]) -> list[int]:
        """The versions to serve out of those found, the newest first."""
        return sorted(found, reverse=True)[: self.count]


@dataclass(frozen=True, slots=True)
class All:
    """Every one."""

    def choose(self, found: Collection[int]) -> list[int]:
        """The versions to serve out of those found, the newest first."""
        return sorted(found, reverse=True)


@dataclass(frozen=True, slots=True)
class Specific:
    """Those named, as far as they are there."""

    numbers: frozenset[int]

    def choose(self, found: Collection[int]) -> list[int]:
        """The versions to serve out of those found, the newest first."""
        return sorted(self.numbers.intersection(found), reverse=True)


VersionPolicy = Latest | All | Specific


def policy_from_proto(proto: PolicyProto) -> VersionPolicy:
    """What a configuration asks for; nothing at all is the newest version."""
    match proto.WhichOneof("policy_choice"):
        case "all":
            return All()
        case "specific":
            return Specific(frozenset(proto.specific.versions))
        case _:
            return Latest(max(1, proto.latest.num_versions))
