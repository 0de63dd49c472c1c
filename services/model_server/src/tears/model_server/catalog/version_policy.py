"""Choose which of the versions in a folder are served."""

from collections.abc import Collection
from dataclasses import dataclass

from tears.tfserving.v1.config_pb2 import FileSystemStoragePathSourceConfig

PolicyProto = FileSystemStoragePathSourceConfig.ServableVersionPolicy


@dataclass(frozen=True, slots=True)
class Latest:
    """Serve the newest `count` versions, at least 1; None serves every version."""

    count: int | None = 1

    def choose(self, found: Collection[int]) -> list[int]:
        """Return the versions to serve, newest first."""
        return sorted(found, reverse=True)[: self.count]


@dataclass(frozen=True, slots=True)
class Specific:
    """Serve the named versions that exist."""

    numbers: frozenset[int]

    def choose(self, found: Collection[int]) -> list[int]:
        """Return the versions to serve, newest first."""
        return sorted(self.numbers.intersection(found), reverse=True)


VersionPolicy = Latest | Specific


def policy_from_proto(proto: PolicyProto) -> VersionPolicy:
    """Return the policy that a configuration asks for; an empty one asks for the newest version."""
    match proto.WhichOneof("policy_choice"):
        case "all":
            return Latest(count=None)
        case "specific":
            return Specific(frozenset(proto.specific.versions))
        case _:
            return Latest(max(1, proto.latest.num_versions))
