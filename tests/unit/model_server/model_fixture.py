"""A model over a folder of its own, for the tests."""

from pathlib import Path

from unit.model_server.fakes import FakeClock, FakeLoader

from tears.model_server.catalog.model import Model
from tears.model_server.catalog.version_policy import VersionPolicy
from tears.model_server.catalog.version_record import RetryPolicy, VersionState
from tears.model_server.errors import NotFoundError


class ModelFixture:
    """A model over a folder of its own, with a loader that loads nothing and a clock that stands still."""

    def __init__(self, base_path: Path, policy: VersionPolicy | None = None) -> None:
        self.base_path = base_path
        self.loader = FakeLoader()
        self.clock = FakeClock()
        self.model = Model("cry", base_path, self.loader, policy=policy, retry=RetryPolicy(2, 60.0), clock=self.clock)

    def publish(self, *names: str) -> None:
        for name in names:
            (self.base_path / name).mkdir()

    def publish_and_poll(self, *names: str) -> None:
        self.publish(*names)
        self.model.poll()

    def states(self) -> dict[int, VersionState]:
        return {status.number: status.state for status in self.model.statuses()}

    def served(self) -> int | None:
        try:
            with self.model.use() as (number, _):
                return number
        except NotFoundError:
            return None
